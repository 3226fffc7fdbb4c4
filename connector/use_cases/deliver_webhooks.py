"""Delivers the changes of the feed to the webhooks that want them.

At least once: what came of a try is written after it, so whoever dies in between has
it tried again, under the same ``webhook-id``. One worker serves a webhook at a time.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from connector.domain.errors import CasbError, SettingError
from connector.domain.webhook import Answer, Webhook
from connector.domain.webhook_ports import Letter, OpenPost, Post
from connector.domain.webhook_signature import signature_headers
from connector.use_cases.webhook_rounds import (
    WITHDRAWN,
    Parcel,
    Pushed,
    WebhookRounds,
)

logger = logging.getLogger(__name__)

AT_ONCE = 32
ROUNDS = 25
"""After so many a webhook goes to the end of the queue."""
LOOK_SECONDS = 0.5
TROUBLE_REST = timedelta(minutes=10)

KeepGoing = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class DeliverWebhooks:
    """Serves the webhooks side by side: one that hangs stops no other.

    ``new_owner`` names a lease, ``is_dead`` tells the leases of workers that died.
    """

    rounds: WebhookRounds
    now: Callable[[], datetime]
    open_post: OpenPost
    new_owner: Callable[[], str]
    is_dead: Callable[[str], bool] = lambda _: False

    def is_wanted(self) -> bool:
        """Return whether there is something to do; a cheap look."""
        return bool(self.rounds.due(1)) or self.rounds.has_dead(self.is_dead)

    def __call__(self, keep_going: KeepGoing = lambda: True) -> Pushed:
        """Serve webhooks until nothing is due; what failed is due again later."""
        self.rounds.disown(self.is_dead)
        return asyncio.run(self._serve_all(keep_going))

    async def _serve_all(self, keep_going: KeepGoing) -> Pushed:
        done = Pushed()
        under_way: dict[asyncio.Task[Pushed], str] = {}
        async with self.open_post() as post:
            while True:
                for id_ in await self._fresh(under_way, keep_going):
                    serving = asyncio.create_task(self._serve(id_, post, keep_going))
                    under_way[serving] = id_
                if not under_way:
                    return done
                ended, _ = await asyncio.wait(
                    under_way,
                    timeout=LOOK_SECONDS,
                    return_when=asyncio.FIRST_COMPLETED,
                )
                for task in ended:
                    del under_way[task]
                    done += task.result()

    async def _fresh(
        self, under_way: dict[asyncio.Task[Pushed], str], keep_going: KeepGoing
    ) -> list[str]:
        room = AT_ONCE - len(under_way)
        if not keep_going() or room <= 0:
            return []
        served = set(under_way.values())
        return list(await asyncio.to_thread(self.rounds.due, room, served))

    async def _serve(self, id_: str, post: Post, keep_going: KeepGoing) -> Pushed:
        """Serve one webhook; what is wrong with it is its own trouble."""
        owner, done, rest = self.new_owner(), Pushed(), None
        if not await asyncio.to_thread(self.rounds.lease, id_, owner):
            return done
        try:
            for _ in range(ROUNDS):
                pushed = await self._serve_round(id_, owner, post)
                if pushed is None:
                    break
                done += pushed
                if not keep_going():
                    break
        except CasbError as error:
            logger.warning("the webhook %s cannot be served: %s", id_, error)
            rest = TROUBLE_REST
        except Exception:
            logger.exception("the webhook %s cannot be served", id_)
            rest = TROUBLE_REST
        await asyncio.to_thread(self.rounds.release, id_, owner, rest)
        return done

    async def _serve_round(self, id_: str, owner: str, post: Post) -> Pushed | None:
        round_ = await asyncio.to_thread(self.rounds.next, id_, owner)
        if round_ is None:
            return None
        answers = await asyncio.gather(
            *(self._send(post, round_.webhook, parcel) for parcel in round_.parcels)
        )
        return await asyncio.to_thread(self.rounds.settle, round_, owner, answers)

    async def _send(self, post: Post, webhook: Webhook, parcel: Parcel) -> Answer:
        if parcel.letter is None:
            return Answer(reason=WITHDRAWN)
        event_id, now = parcel.delivery.event_id, self.now()
        return await send_letter(post, webhook, event_id, parcel.letter, now)


async def send_letter(
    post: Post, webhook: Webhook, event_id: str, letter: Letter, now: datetime
) -> Answer:
    """Sign a letter and send it."""
    if not webhook.secrets:
        raise SettingError(
            f"No key in CASB_TOKEN_KEYS opens the secret of the webhook {webhook.id}.",
            f"Put back the key, or run: casb webhooks rotate {webhook.id}",
        )
    headers = signature_headers(event_id, letter.body, webhook.secrets, now)
    headers["Content-Type"] = letter.media_type
    return await post.send(webhook.url, headers, letter.body)
