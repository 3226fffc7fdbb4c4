"""What a webhook is sent next, and what is kept of how it went: a lease at a time."""

import random
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from connector.domain.care import Alarm
from connector.domain.client import Client
from connector.domain.destination import shown
from connector.domain.feed import FeedPage, FeedQuery, FeedRow
from connector.domain.store_ports import Begin, Stores
from connector.domain.webhook import (
    LONGEST_REST,
    MOST_PENDING,
    Answer,
    Delivery,
    DeliveryState,
    Webhook,
    delivery_after,
    may_be_served,
    webhook_after_round,
)
from connector.domain.webhook_ports import Letter, Letters

LEASE = timedelta(seconds=90)
"""Longer than a try may take, with everything that is written around it."""
SIDE_BY_SIDE = 8
MICROSECOND = timedelta(microseconds=1)
WITHDRAWN = "The change is no longer there, or no longer wanted."


@dataclass(frozen=True, slots=True)
class Pushed:
    """How many tries there were, and what came of them."""

    delivered: int = 0
    failed: int = 0

    def __add__(self, other: "Pushed") -> "Pushed":
        return Pushed(self.delivered + other.delivered, self.failed + other.failed)

    @property
    def summary(self) -> str:
        """Return what was done, in a line; empty if nothing was."""
        counts = {"delivered": self.delivered, "not delivered": self.failed}
        return ", ".join(f"{count} {what}" for what, count in counts.items() if count)


@dataclass(frozen=True, slots=True)
class Parcel:
    """A delivery and its letter; without one there is nothing to send any more."""

    delivery: Delivery
    letter: Letter | None


@dataclass(frozen=True, slots=True)
class Round:
    """What one webhook is sent next; no parcels if it is done for now."""

    webhook: Webhook
    parcels: Sequence[Parcel] = ()


@dataclass(frozen=True, slots=True)
class WebhookRounds:
    """Prepares and writes down what is sent to one webhook, under a lease of it."""

    begin: Begin
    now: Callable[[], datetime]
    letters: Letters
    public_url: str
    new_id: Callable[[], str]
    chance: Callable[[], float] = random.random
    lease_for: timedelta = LEASE

    def due(self, limit: int, under_way: Collection[str] = ()) -> Sequence[str]:
        """Return webhooks with something to do that nobody serves."""
        with self.begin(write=False) as stores:
            due = stores.webhooks.due(self.now(), limit + len(under_way))
        return [id_ for id_ in due if id_ not in under_way][:limit]

    def has_dead(self, is_dead: Callable[[str], bool]) -> bool:
        """Return whether a worker that died holds something."""
        with self.begin(write=False) as stores:
            return any(map(is_dead, stores.webhooks.owners()))

    def disown(self, is_dead: Callable[[str], bool]) -> None:
        """Free what workers held that died."""
        with self.begin() as stores:
            stores.webhooks.disown(is_dead)

    def lease(self, id_: str, owner: str) -> bool:
        """Take the right to serve a webhook."""
        now = self.now()
        with self.begin() as stores:
            return stores.webhooks.lease(id_, owner, now, now + self.lease_for)

    def release(self, id_: str, owner: str, rest: timedelta | None = None) -> None:
        """Leave a webhook to others, at once or after a rest."""
        now = self.now()
        rest_until = None if rest is None else now + rest
        with self.begin() as stores:
            stores.webhooks.release(id_, owner, now, rest_until)

    def next(self, id_: str, owner: str) -> Round | None:
        """Return what a webhook is sent next; None if nothing is, for now."""
        with self.begin(write=False) as stores:
            webhook = stores.webhooks.get(id_)
            if webhook is None or not webhook.is_active or webhook.rests(self.now()):
                return None
            client = stores.clients.get(webhook.client_id)
            if client is None or not may_be_served(client):
                client = None
            page = client and _page(stores, webhook, client)
        if client is None:
            self._rest(webhook, owner)
            return None
        if page and not self._schedule(webhook, owner, page):
            return None
        with self.begin(write=False) as stores:
            # One that fails is asked once, not eight times at once.
            limit = 1 if webhook.failures else SIDE_BY_SIDE
            found = [
                (delivery, self._row_of(stores, webhook, client, delivery))
                for delivery in stores.deliveries.next(id_, self.now(), limit)
            ]
        form = webhook.form_of(client)
        parcels = [
            Parcel(
                each,
                None
                if row is None
                else self.letters.change(row, form, webhook.wrapping),
            )
            for each, row in found
        ]
        return Round(webhook, parcels) if parcels else None

    def settle(self, round_: Round, owner: str, answers: Sequence[Answer]) -> Pushed:
        """Keep what came of a round, unless somebody else serves the webhook by now."""
        now, tried, sent = self.now(), [], []
        for parcel, answer in zip(round_.parcels, answers, strict=True):
            after = delivery_after(parcel.delivery, answer, now, self.chance())
            if parcel.letter is None:
                after = replace(after, state=DeliveryState.FAILED)
            else:
                sent.append(answer)
            tried.append(after)
        webhook = webhook_after_round(round_.webhook, sent, now)
        with self.begin() as stores:
            if not stores.webhooks.hold(webhook, owner, now + self.lease_for):
                return Pushed()
            stores.deliveries.settle(tried)
            if not webhook.is_active:
                stores.alarms.raise_(_alarm(webhook, now))
        arrived = sum(answer.is_delivered for answer in sent)
        return Pushed(arrived, len(sent) - arrived)

    def _row_of(
        self, stores: Stores, webhook: Webhook, client: Client, delivery: Delivery
    ) -> FeedRow | None:
        """Return the change of a delivery, if the client may still see and wants it."""
        at = delivery.changed_at
        # No two changes have the same time, so this is one row or none.
        query = FeedQuery(
            webhook.wanted_of(client),
            since=at,
            before=at + MICROSECOND,
            limit=1,
            public_url=self.public_url,
        )
        rows = stores.feed.page(query).rows
        return rows[0] if rows and rows[0].seq == delivery.seq else None

    def _rest(self, webhook: Webhook, owner: str) -> None:
        now = self.now()
        resting = replace(webhook, rest_until=now + LONGEST_REST)
        with self.begin() as stores:
            stores.webhooks.hold(resting, owner, now + self.lease_for)

    def _schedule(self, webhook: Webhook, owner: str, page: FeedPage) -> bool:
        new = [self._delivery(webhook, row) for row in page.rows]
        with self.begin() as stores:
            if not stores.webhooks.step(webhook, owner, page.position):
                return False
            stores.deliveries.add(new)
        return True

    def _delivery(self, webhook: Webhook, row: FeedRow) -> Delivery:
        now = self.now()
        return Delivery(
            self.new_id(),
            webhook.id,
            row.position.event_id(row.site_id),
            f"finding.{row.change_type}",
            row.site_id,
            row.seq,
            row.changed_at,
            at=now,
            next_at=now,
        )


def _page(stores: Stores, webhook: Webhook, client: Client) -> FeedPage | None:
    """Return changes that are no deliveries yet, if there is room for some."""
    room = MOST_PENDING - stores.deliveries.pending(webhook.id)
    if room <= 0:
        return None
    query = FeedQuery(webhook.wanted_of(client), webhook.position, limit=room)
    page = stores.feed.page(query)
    return page if page.position > webhook.position else None


def _alarm(webhook: Webhook, now: datetime) -> Alarm:
    return Alarm(
        webhook.alarm,
        f"The webhook {webhook.id} to {shown(webhook.url)} is disabled. {webhook.why}",
        f"Mend the receiver, then run: casb webhooks enable {webhook.id}",
        now,
    )
