"""What push needs from outside: a store, bodies to send, a way to the receivers."""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from connector.domain.export_forms import Form
from connector.domain.feed import FeedRow
from connector.domain.grant import SealedGrant
from connector.domain.webhook import (
    Answer,
    Delivery,
    DeliveryState,
    Webhook,
    Wrapping,
)


@dataclass(frozen=True, slots=True)
class Letter:
    """The body of a delivery and what it is."""

    body: bytes
    media_type: str


class Letters(Protocol):
    """Writes the bodies of deliveries."""

    def change(self, row: FeedRow, form: Form, wrapping: Wrapping) -> Letter:
        """Return a row of the feed as a body."""
        ...

    def test(self, delivery: Delivery, wrapping: Wrapping) -> Letter:
        """Return a body that tells nothing but that it came."""
        ...


class Post(Protocol):
    """Brings letters to receivers; whatever happens, in limited time."""

    async def send(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Return what came of it; never raises for what a receiver does."""
        ...


OpenPost = Callable[[], AbstractAsyncContextManager[Post]]


class WebhookStore(Protocol):
    """The webhooks, their secrets encrypted at rest.

    Who serves a webhook leases it. ``step``, ``hold`` and ``release`` are fenced: they
    do nothing and return False unless the owner still holds the lease.
    """

    def add(self, webhook: Webhook) -> None:
        """Keep a new webhook."""
        ...

    def change(self, webhook: Webhook) -> None:
        """Replace what a person says about a webhook; its position stays."""
        ...

    def get(self, webhook_id: str, *, is_locked: bool = False) -> Webhook | None:
        """Return a webhook; or lock it too, for this writer."""
        ...

    def of_client(self, client_id: str) -> Sequence[Webhook]:
        """Return the webhooks of a client, the oldest first."""
        ...

    def all(self) -> Sequence[Webhook]:
        """Return every webhook, the oldest first."""
        ...

    def delete(self, webhook_id: str) -> None:
        """Forget a webhook and its deliveries."""
        ...

    def move(self, webhook_id: str, position: int) -> None:
        """Let a webhook go on from another position in the feed."""
        ...

    def due(self, now: datetime, limit: int) -> Sequence[str]:
        """Return webhooks with something to do that nobody serves, in turn."""
        ...

    def lease(
        self, webhook_id: str, owner: str, now: datetime, until: datetime
    ) -> bool:
        """Take the right to serve a webhook, unless somebody holds it."""
        ...

    def step(self, webhook: Webhook, owner: str, position: int) -> bool:
        """Move a webhook on in the feed, from where it was when it was read."""
        ...

    def hold(self, webhook: Webhook, owner: str, until: datetime) -> bool:
        """Keep how a webhook stands after tries, and the lease a while longer.

        Nothing is kept, as without the lease, once the webhook has another address:
        the tries say nothing about that one.
        """
        ...

    def release(
        self,
        webhook_id: str,
        owner: str,
        now: datetime,
        rest_until: datetime | None = None,
    ) -> bool:
        """End a lease; the webhook may have to rest besides."""
        ...

    def owners(self) -> Sequence[str]:
        """Return who holds a lease, or held one that ended by itself."""
        ...

    def disown(self, is_dead: Callable[[str], bool]) -> None:
        """End the leases of those that are dead."""
        ...

    def seals(self, after_id: str, limit: int) -> Sequence[SealedGrant]:
        """Return which keys open the secrets of some webhooks, by id."""
        ...

    def reseal(self, after_id: str, limit: int) -> Sequence[SealedGrant]:
        """Encrypt some secrets under the first key; returns how they were found."""
        ...


class DeliveryStore(Protocol):
    """The deliveries of all webhooks: what waits, and the log of what was tried."""

    def add(self, new: Collection[Delivery]) -> None:
        """Keep deliveries, but for changes that a webhook has one of."""
        ...

    def settle(self, tried: Collection[Delivery]) -> None:
        """Keep what came of some tries, unless somebody asked for others meanwhile."""
        ...

    def again(self, delivery: Delivery, now: datetime) -> None:
        """Let a delivery be tried anew."""
        ...

    def pending(self, webhook_id: str) -> int:
        """Return how many deliveries of a webhook wait."""
        ...

    def next(self, webhook_id: str, now: datetime, limit: int) -> Sequence[Delivery]:
        """Return the deliveries of a webhook that are due, the longest due first."""
        ...

    def get(self, webhook_id: str, delivery_id: str) -> Delivery | None:
        """Return a delivery of a webhook."""
        ...

    def latest(
        self,
        webhook_id: str,
        limit: int,
        states: Collection[DeliveryState] = (),
        before: int | None = None,
    ) -> Sequence[Delivery]:
        """Return deliveries, the newest first; empty states mean all."""
        ...

    def drop_pending(self, webhook_id: str) -> int:
        """Forget what waits for a webhook; returns how many that were."""
        ...

    def forget(self, before: datetime) -> int:
        """Drop deliveries that ended and are older than this; returns how many."""
        ...
