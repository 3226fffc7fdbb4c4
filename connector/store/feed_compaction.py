"""Drops from the feed what nobody needs any more (export-api 1.4, guarantee 6)."""

from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    delete,
    func,
    or_,
    select,
    update,
)

from connector.domain.finding_state import ChangeType, Status
from connector.store.feed_tables import changes, feed_state
from connector.store.tables import findings


def compact(
    connection: Connection, history_before: datetime, tombstones_before: datetime
) -> int:
    """Drop superseded rows and ends that are too old; returns how many rows went.

    An end takes its finding along. How far ends were dropped is remembered: whoever
    reads from before that must start over to learn what no longer exists.
    """
    newest = _newest()
    is_repeated = changes.c.change_type == ChangeType.REFRESHED.value
    superseded = and_(
        changes.c.changed_at < history_before, or_(changes.c.seq < newest, is_repeated)
    )
    dropped = connection.execute(delete(changes).where(superseded)).rowcount
    ended = and_(
        changes.c.changed_at < tombstones_before,
        changes.c.seq == newest,
        changes.c.status == Status.RESOLVED.value,
    )
    last = select(func.max(changes.c.seq), func.max(changes.c.changed_at))
    horizon, horizon_at = connection.execute(last.where(ended)).one()
    if horizon is None:
        return dropped
    gone = select(changes.c.finding_id).where(ended)
    connection.execute(delete(findings).where(findings.c.id.in_(gone)))
    orphaned = and_(
        changes.c.changed_at < tombstones_before,
        changes.c.status == Status.RESOLVED.value,
        changes.c.finding_id.not_in(select(findings.c.id)),
    )
    dropped += connection.execute(delete(changes).where(orphaned)).rowcount
    further = feed_state.c.compacted_to < horizon
    reached = {"compacted_to": horizon, "compacted_at": horizon_at}
    connection.execute(update(feed_state).where(further).values(reached))
    return dropped


def _newest() -> ColumnElement[int]:
    same = findings.c.id == changes.c.finding_id
    return select(findings.c.change_seq).where(same).scalar_subquery()
