"""Keeps the webhooks: secrets encrypted, served by one worker at a time."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    delete,
    exists,
    func,
    or_,
    select,
    update,
)

from connector.domain.errors import SettingError
from connector.domain.export_forms import Form
from connector.domain.feed import FeedFilter
from connector.domain.grant import SealedGrant
from connector.domain.webhook import (
    MOST_PENDING,
    DeliveryState,
    Webhook,
    WebhookState,
    Wrapping,
)
from connector.domain.webhook_signature import WebhookSecret
from connector.store.client_tables import clients
from connector.store.feed_tables import feed_state
from connector.store.json_values import dump_value, load_value
from connector.store.seal import Seal
from connector.store.webhook_tables import webhook_deliveries, webhooks

NOBODY = ""


class SqlWebhookStore:
    """The webhooks; the secrets of one open for that one only."""

    def __init__(self, connection: Connection, seal: Seal) -> None:
        self._connection = connection
        self._seal = seal

    def add(self, webhook: Webhook) -> None:
        """Keep a new webhook."""
        row = self._said(webhook) | {
            "id": webhook.id,
            "client_id": webhook.client_id,
            "created_at": webhook.created_at,
            "created_by": webhook.created_by,
            "position": webhook.position,
            "lease_owner": NOBODY,
        }
        self._connection.execute(webhooks.insert().values(row))

    def change(self, webhook: Webhook) -> None:
        """Replace what a person says about a webhook; its position stays."""
        self._update(webhooks.c.id == webhook.id, self._said(webhook))

    def get(self, webhook_id: str, *, is_locked: bool = False) -> Webhook | None:
        """Return a webhook; or lock it too, for this writer."""
        wanted = select(webhooks).where(webhooks.c.id == webhook_id)
        if is_locked:
            wanted = wanted.with_for_update()
        row = self._connection.execute(wanted).one_or_none()
        return None if row is None else self._webhook(row)

    def of_client(self, client_id: str) -> Sequence[Webhook]:
        """Return the webhooks of a client, the oldest first."""
        return self._listed(select(webhooks).where(webhooks.c.client_id == client_id))

    def all(self) -> Sequence[Webhook]:
        """Return every webhook, the oldest first."""
        return self._listed(select(webhooks))

    def delete(self, webhook_id: str) -> None:
        """Forget a webhook and its deliveries."""
        self._connection.execute(delete(webhooks).where(webhooks.c.id == webhook_id))

    def move(self, webhook_id: str, position: int) -> None:
        """Let a webhook go on from another position in the feed."""
        self._update(webhooks.c.id == webhook_id, {"position": position})

    def due(self, now: datetime, limit: int) -> Sequence[str]:
        """Return webhooks with something to do that nobody serves, in turn."""
        served = webhooks.join(clients, clients.c.id == webhooks.c.client_id)
        wanted = (
            select(webhooks.c.id)
            .select_from(served)
            .where(
                webhooks.c.state == WebhookState.ACTIVE,
                clients.c.disabled_at.is_(None),
                or_(webhooks.c.rest_until.is_(None), webhooks.c.rest_until <= now),
                _is_free(now),
                or_(_has_due(now), _is_behind()),
            )
            .order_by(func.coalesce(webhooks.c.served_at, 0), webhooks.c.id)
        )
        return self._connection.scalars(wanted.limit(limit)).all()

    def lease(
        self, webhook_id: str, owner: str, now: datetime, until: datetime
    ) -> bool:
        """Take the right to serve a webhook, unless somebody holds it."""
        free = and_(webhooks.c.id == webhook_id, _is_free(now))
        return self._update(free, {"lease_owner": owner, "lease_until": until})

    def step(self, webhook: Webhook, owner: str, position: int) -> bool:
        """Move a webhook on in the feed, from where it was when it was read."""
        there = and_(_held(webhook.id, owner), webhooks.c.position == webhook.position)
        return self._update(there, {"position": position})

    def hold(self, webhook: Webhook, owner: str, until: datetime) -> bool:
        """Keep how a webhook stands after tries, and the lease a while longer."""
        values: dict[str, Any] = {
            "failures": webhook.failures,
            "failing_since": webhook.failing_since,
            "rest_until": webhook.rest_until,
            "lease_until": until,
        }
        if not webhook.is_active:
            values |= {"state": webhook.state, "why": webhook.why}
        there = and_(_held(webhook.id, owner), webhooks.c.url == webhook.url)
        return self._update(there, values)

    def release(
        self,
        webhook_id: str,
        owner: str,
        now: datetime,
        rest_until: datetime | None = None,
    ) -> bool:
        """End a lease; the webhook may have to rest besides."""
        free: dict[str, Any] = {"lease_owner": NOBODY, "lease_until": None}
        free["served_at"] = now
        if rest_until is not None:
            free["rest_until"] = rest_until
        return self._update(_held(webhook_id, owner), free)

    def owners(self) -> Sequence[str]:
        """Return who holds a lease, or held one that ended by itself."""
        held = select(webhooks.c.lease_owner).where(webhooks.c.lease_owner != NOBODY)
        return self._connection.scalars(held.distinct()).all()

    def disown(self, is_dead: Callable[[str], bool]) -> None:
        """End the leases of those that are dead."""
        if dead := [owner for owner in self.owners() if is_dead(owner)]:
            free = {"lease_owner": NOBODY, "lease_until": None}
            self._update(webhooks.c.lease_owner.in_(dead), free)

    def seals(self, after_id: str, limit: int) -> Sequence[SealedGrant]:
        """Return which keys open the secrets of some webhooks, by id."""
        rows = self._connection.execute(_sealed_after(after_id, limit))
        return [self._seal_of(row) for row in rows]

    def reseal(self, after_id: str, limit: int) -> Sequence[SealedGrant]:
        """Encrypt some secrets under the first key; returns how they were found."""
        locked = _sealed_after(after_id, limit).with_for_update()
        rows = self._connection.execute(locked).all()
        found = [self._seal_of(row) for row in rows]
        for row, sealed in zip(rows, found, strict=True):
            if sealed.key:
                context = _context(row.id)
                fresh = self._seal.close(context, self._seal.open(context, row.sealed))
                self._update(webhooks.c.id == row.id, {"sealed": fresh})
        return found

    def _said(self, webhook: Webhook) -> dict[str, Any]:
        """Return what a person says about a webhook."""
        said = {
            "url": webhook.url,
            "wanted": dump_value(webhook.wanted),
            "form": dump_value(webhook.form),
            "wrapping": webhook.wrapping,
            "state": webhook.state,
            "why": webhook.why,
            "failures": webhook.failures,
            "failing_since": webhook.failing_since,
            "rest_until": webhook.rest_until,
        }
        if webhook.secrets:  # Those that no key opens are left as they are.
            secrets = msgspec.json.encode(webhook.secrets)
            said["sealed"] = self._seal.close(_context(webhook.id), secrets)
        return said

    def _listed(self, wanted: Select[Any]) -> Sequence[Webhook]:
        ordered = wanted.order_by(webhooks.c.created_at, webhooks.c.id)
        return [self._webhook(row) for row in self._connection.execute(ordered)]

    def _update(self, where: ColumnElement[bool], values: Mapping[str, Any]) -> bool:
        changed = self._connection.execute(
            update(webhooks).where(where).values(dict(values))
        )
        return changed.rowcount == 1

    def _seal_of(self, row: Row[Any]) -> SealedGrant:
        return SealedGrant(row.id, self._seal.key_of(_context(row.id), row.sealed))

    def _secrets(self, row: Row[Any]) -> tuple[WebhookSecret, ...]:
        """Return the secrets of a webhook, none if no key opens them."""
        try:
            opened = self._seal.open(_context(row.id), row.sealed)
        except SettingError:
            return ()
        return msgspec.json.decode(opened, type=tuple[WebhookSecret, ...])

    def _webhook(self, row: Row[Any]) -> Webhook:
        return Webhook(
            id=row.id,
            client_id=row.client_id,
            url=row.url,
            created_at=row.created_at,
            wanted=load_value(row.wanted, FeedFilter),
            form=load_value(row.form, Form),
            wrapping=Wrapping(row.wrapping),
            secrets=self._secrets(row),
            created_by=row.created_by,
            state=WebhookState(row.state),
            why=row.why,
            position=row.position,
            failures=row.failures,
            failing_since=row.failing_since,
            rest_until=row.rest_until,
        )


def _is_free(now: datetime) -> ColumnElement[bool]:
    return or_(webhooks.c.lease_owner == NOBODY, webhooks.c.lease_until <= now)


def _held(webhook_id: str, owner: str) -> ColumnElement[bool]:
    return and_(webhooks.c.id == webhook_id, webhooks.c.lease_owner == owner)


def _has_due(now: datetime) -> ColumnElement[bool]:
    table = webhook_deliveries
    return exists().where(
        table.c.webhook_id == webhooks.c.id,
        table.c.state == DeliveryState.PENDING,
        table.c.next_at <= now,
    )


def _is_behind() -> ColumnElement[bool]:
    """Return whether there are changes to turn into deliveries, and room for them."""
    table = webhook_deliveries
    waiting = select(func.count()).where(
        table.c.webhook_id == webhooks.c.id, table.c.state == DeliveryState.PENDING
    )
    end = select(feed_state.c.last_seq).scalar_subquery()
    return and_(
        webhooks.c.position < end,
        waiting.correlate(webhooks).scalar_subquery() < MOST_PENDING,
    )


def _sealed_after(after_id: str, limit: int) -> Select[Any]:
    wanted = select(webhooks.c.id, webhooks.c.sealed).where(webhooks.c.id > after_id)
    return wanted.order_by(webhooks.c.id).limit(limit)


def _context(webhook_id: str) -> str:
    return f"webhook:{webhook_id}"
