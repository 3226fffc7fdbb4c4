"""Makes, shows, changes, tests and ends webhooks, and rotates their secrets.

A consumer sees its own webhooks, as if there were no others; an operator sees all.
"""

import asyncio
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from connector.domain.client import Client, Scope
from connector.domain.destination import AllowedDestinations
from connector.domain.errors import NotFoundError, UsageError
from connector.domain.export_forms import Form
from connector.domain.feed import FeedFilter
from connector.domain.store_ports import Begin, Stores
from connector.domain.webhook import (
    BY_HAND,
    NEEDED,
    TEST,
    Delivery,
    DeliveryState,
    Webhook,
    WebhookState,
    Wrapping,
    delivery_after,
    disabled,
    enabled,
)
from connector.domain.webhook_ports import Letters, OpenPost
from connector.domain.webhook_signature import (
    LIVE_SECRETS,
    OVERLAP,
    WebhookSecret,
    secret_text,
)
from connector.use_cases.deliver_webhooks import send_letter

MOST_WEBHOOKS = 50
"""Of one client."""

Alter = Callable[[Webhook], Webhook]


@dataclass(frozen=True, slots=True)
class WebhookOrder:
    """The webhook somebody wants; ``from_start`` pushes what is in the feed already."""

    url: str
    wanted: FeedFilter = field(default_factory=FeedFilter)
    form: Form = field(default_factory=Form)
    wrapping: Wrapping = Wrapping.PLAIN
    from_start: bool = False
    created_by: str = ""


@dataclass(frozen=True, slots=True)
class Signed:
    """A webhook and its fresh secret, which nobody can read a second time."""

    webhook: Webhook
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class WebhookView:
    """A webhook, how many changes are behind its position and how many wait."""

    webhook: Webhook
    behind: int = 0
    pending: int = 0


@dataclass(frozen=True, slots=True)
class ManageWebhooks:
    """The webhooks, by id; with ``client_id`` none but those of that client."""

    begin: Begin
    now: Callable[[], datetime]
    new_id: Callable[[], str]
    new_bytes: Callable[[], bytes]
    allowed: AllowedDestinations
    letters: Letters
    open_post: OpenPost

    def create(self, client_name: str, order: WebhookOrder) -> Signed:
        """Make a webhook for a client, named by name or id."""
        self.allowed.check_url(order.url)
        with self.begin() as stores:
            client = _client(stores, client_name)
            _check_form(client, order.form)
            _check_sites(client, order.wanted)
            if len(stores.webhooks.of_client(client.id)) >= MOST_WEBHOOKS:
                raise UsageError(
                    f"{client.name} has {MOST_WEBHOOKS} webhooks.", "Delete one first."
                )
            secret = self._secret()
            webhook = Webhook(
                self.new_id(),
                client.id,
                order.url,
                self.now(),
                order.wanted,
                order.form,
                order.wrapping,
                (secret,),
                order.created_by,
                position=0 if order.from_start else stores.feed.watermark().seq,
            )
            stores.webhooks.add(webhook)
        return Signed(webhook, secret.text)

    def all(self, client_id: str | None = None) -> Sequence[WebhookView]:
        """Return webhooks, the oldest first."""
        with self.begin(write=False) as stores:
            found = stores.webhooks
            some = found.all() if client_id is None else found.of_client(client_id)
            return [_view(stores, webhook) for webhook in some]

    def show(self, id_: str, client_id: str | None = None) -> WebhookView:
        """Return a webhook."""
        with self.begin(write=False) as stores:
            return _view(stores, _webhook(stores, id_, client_id))

    def change(
        self, id_: str, alter: Alter, client_id: str | None = None
    ) -> WebhookView:
        """Change what is sent where; a new address is tried at once."""
        with self.begin() as stores:
            before = _webhook(stores, id_, client_id, is_locked=True)
            after = alter(before)
            if after.url != before.url:
                self.allowed.check_url(after.url)
                after = replace(after, failures=0, failing_since=None, rest_until=None)
            client = _client(stores, after.client_id)
            _check_form(client, after.form)
            _check_sites(client, after.wanted)
            if after.is_active:
                stores.alarms.end(after.alarm)
            stores.webhooks.change(after)
            return _view(stores, after)

    def enable(
        self, id_: str, client_id: str | None = None, *, from_now: bool = False
    ) -> WebhookView:
        """Serve a webhook again: with what it missed, or from now on."""
        with self.begin() as stores:
            webhook = enabled(_webhook(stores, id_, client_id, is_locked=True))
            stores.webhooks.change(webhook)
            stores.alarms.end(webhook.alarm)
            if from_now:
                stores.deliveries.drop_pending(id_)
                stores.webhooks.move(id_, stores.feed.watermark().seq)
        return self.show(id_, client_id)

    def disable(self, id_: str, client_id: str | None = None) -> WebhookView:
        """Serve a webhook no more; what happens meanwhile waits for it."""
        return self.change(id_, lambda it: disabled(it, BY_HAND), client_id)

    def rotate(
        self, id_: str, client_id: str | None = None, *, at_once: bool = False
    ) -> Signed:
        """Give a webhook a fresh secret; the one before signs too for a day."""
        now = self.now()
        fresh = self._secret()
        with self.begin() as stores:
            webhook = _webhook(stores, id_, client_id, is_locked=True)
            live = [each for each in webhook.secrets if each.is_live(now)]
            kept = [] if at_once else live[-(LIVE_SECRETS - 1) :]
            ending = [replace(each, ends_at=now + OVERLAP) for each in kept]
            webhook = replace(webhook, secrets=(*ending, fresh))
            stores.webhooks.change(webhook)
        return Signed(webhook, fresh.text)

    def delete(self, id_: str, client_id: str | None = None) -> Webhook:
        """Forget a webhook and its deliveries."""
        with self.begin() as stores:
            webhook = _webhook(stores, id_, client_id)
            stores.webhooks.delete(id_)
            stores.alarms.end(webhook.alarm)
        return webhook

    def test(self, id_: str, client_id: str | None = None) -> Delivery:
        """Send one delivery that tells of nothing, once, and wait for the answer."""
        with self.begin(write=False) as stores:
            webhook = _webhook(stores, id_, client_id)
        now, delivery_id = self.now(), self.new_id()
        delivery = Delivery(
            delivery_id,
            id_,
            f"test:{delivery_id}",
            TEST,
            site_id="",
            seq=None,
            changed_at=now,
            at=now,
            next_at=now,
        )
        letter = self.letters.test(delivery, webhook.wrapping)

        async def send() -> Delivery:
            async with self.open_post() as post:
                event_id = delivery.event_id
                answer = await send_letter(post, webhook, event_id, letter, now)
            tried = delivery_after(delivery, answer, self.now(), chance=0.5)
            if tried.state is DeliveryState.PENDING:
                tried = replace(tried, state=DeliveryState.FAILED)
            return tried

        tried = asyncio.run(send())
        with self.begin() as stores:
            if stores.webhooks.get(id_, is_locked=True) is not None:
                stores.deliveries.add([tried])
        return tried

    def deliveries(
        self,
        id_: str,
        client_id: str | None = None,
        *,
        states: Collection[DeliveryState] = (),
        before: int | None = None,
        limit: int = 100,
    ) -> Sequence[Delivery]:
        """Return deliveries of a webhook, the newest first."""
        with self.begin(write=False) as stores:
            _webhook(stores, id_, client_id)
            return stores.deliveries.latest(id_, limit, states, before)

    def redeliver(
        self, id_: str, delivery_id: str, client_id: str | None = None
    ) -> Delivery:
        """Let a delivery be tried again, under the same id, as if never tried."""
        with self.begin() as stores:
            _webhook(stores, id_, client_id)
            delivery = stores.deliveries.get(id_, delivery_id)
            if delivery is None:
                raise NotFoundError(f"There is no delivery {delivery_id!r}.")
            if delivery.seq is None:
                raise UsageError("A test is not delivered again.", "Send another test.")
            stores.deliveries.again(delivery, self.now())
            return stores.deliveries.get(id_, delivery_id) or delivery

    def _secret(self) -> WebhookSecret:
        return WebhookSecret(secret_text(self.new_bytes()), self.now())


def with_state(webhook: Webhook, state: WebhookState) -> Webhook:
    """Return a webhook in a state that somebody wants; nothing if it is in it."""
    if state is webhook.state:
        return webhook
    if state is WebhookState.ACTIVE:
        return enabled(webhook)
    return disabled(webhook, BY_HAND)


def _view(stores: Stores, webhook: Webhook) -> WebhookView:
    behind = max(0, stores.feed.watermark().seq - webhook.position)
    return WebhookView(webhook, behind, stores.deliveries.pending(webhook.id))


def _webhook(
    stores: Stores, id_: str, client_id: str | None, *, is_locked: bool = False
) -> Webhook:
    webhook = stores.webhooks.get(id_, is_locked=is_locked)
    if webhook is None or client_id not in {None, webhook.client_id}:
        raise NotFoundError(
            f"There is no webhook {id_!r}.", "Run `casb webhooks list` to see them."
        )
    return webhook


def _client(stores: Stores, name: str) -> Client:
    client = stores.clients.named(name)
    if client is None:
        raise NotFoundError(
            f"There is no client {name!r}.", "Run `casb clients list` to see them."
        )
    return client


def _check_form(client: Client, form: Form) -> None:
    form.check()
    wanted = NEEDED | ({Scope.FINDINGS_EVIDENCE} if form.with_evidence else set())
    if missing := ", ".join(sorted(wanted - client.scopes)):
        raise UsageError(
            f"The client {client.name} lacks the scopes {missing}.",
            "Make a client that has them: casb clients create --scope …",
        )


def _check_sites(client: Client, wanted: FeedFilter) -> None:
    for site_id in sorted((wanted.site_ids or frozenset()) - client.site_ids):
        raise NotFoundError(f"There is no site {site_id!r}.")
