"""Keeps the deliveries of the webhooks: what waits, and the log of what was tried."""

from collections.abc import Collection, Sequence
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, bindparam, delete, func, select, update

from connector.domain.webhook import Delivery, DeliveryState
from connector.store.upsert import insert_new
from connector.store.webhook_tables import webhook_deliveries as table

TRIED = ("attempts", "next_at", "state", "status", "reason", "tried_at")
COLUMNS = tuple(table.c[field.name] for field in fields(Delivery))


class SqlDeliveryStore:
    """The deliveries of all webhooks."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, new: Collection[Delivery]) -> None:
        """Keep deliveries, but for changes that a webhook has one of."""
        rows = [asdict(delivery) for delivery in new]
        for row in rows:
            del row["number"]
        insert_new(self._connection, table, rows)

    def settle(self, tried: Collection[Delivery]) -> None:
        """Keep what came of some tries, unless somebody asked for others meanwhile."""
        if not tried:
            return
        as_read = and_(
            table.c.id == bindparam("the_id"),
            table.c.attempts == bindparam("attempts_before"),
        )
        values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in TRIED}
        rows = [
            {f"new_{name}": getattr(delivery, name) for name in TRIED}
            | {"the_id": delivery.id, "attempts_before": delivery.attempts - 1}
            for delivery in tried
        ]
        self._connection.execute(update(table).where(as_read).values(values), rows)

    def again(self, delivery: Delivery, now: datetime) -> None:
        """Let a delivery be tried anew."""
        fresh = {"state": DeliveryState.PENDING, "attempts": 0, "next_at": now}
        this = update(table).where(table.c.id == delivery.id)
        self._connection.execute(this.values(fresh))

    def pending(self, webhook_id: str) -> int:
        """Return how many deliveries of a webhook wait."""
        wanted = select(func.count()).where(*_pending(webhook_id))
        return self._connection.scalar(wanted) or 0

    def next(self, webhook_id: str, now: datetime, limit: int) -> Sequence[Delivery]:
        """Return the deliveries of a webhook that are due, the longest due first."""
        wanted = select(*COLUMNS).where(*_pending(webhook_id), table.c.next_at <= now)
        ordered = wanted.order_by(table.c.next_at, table.c.number).limit(limit)
        return [_delivery(row) for row in self._connection.execute(ordered)]

    def get(self, webhook_id: str, delivery_id: str) -> Delivery | None:
        """Return a delivery of a webhook."""
        wanted = select(*COLUMNS).where(
            table.c.id == delivery_id, table.c.webhook_id == webhook_id
        )
        row = self._connection.execute(wanted).one_or_none()
        return None if row is None else _delivery(row)

    def latest(
        self,
        webhook_id: str,
        limit: int,
        states: Collection[DeliveryState] = (),
        before: int | None = None,
    ) -> Sequence[Delivery]:
        """Return deliveries, the newest first; empty states mean all."""
        wanted = select(*COLUMNS).where(table.c.webhook_id == webhook_id)
        if states:
            wanted = wanted.where(table.c.state.in_(states))
        if before is not None:
            wanted = wanted.where(table.c.number < before)
        ordered = wanted.order_by(table.c.number.desc()).limit(limit)
        return [_delivery(row) for row in self._connection.execute(ordered)]

    def drop_pending(self, webhook_id: str) -> int:
        """Forget what waits for a webhook; returns how many that were."""
        dropped = delete(table).where(*_pending(webhook_id))
        return self._connection.execute(dropped).rowcount

    def forget(self, before: datetime) -> int:
        """Drop deliveries that ended and are older than this; returns how many."""
        old = delete(table).where(
            table.c.at < before, table.c.state != DeliveryState.PENDING
        )
        return self._connection.execute(old).rowcount


def _pending(webhook_id: str) -> tuple[Any, Any]:
    return table.c.webhook_id == webhook_id, table.c.state == DeliveryState.PENDING


def _delivery(row: Row[Any]) -> Delivery:
    values = dict(zip(row._fields, row, strict=True))
    return Delivery(**values | {"state": DeliveryState(row.state)})
