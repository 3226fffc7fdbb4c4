"""Which rows of the feed a question is about."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, false, literal, or_, select

from connector.domain.feed import FeedFilter, FeedQuery, View, rank
from connector.domain.finding_state import ChangeType, Standing, Status
from connector.store.feed_tables import changes
from connector.store.finding_rows import SEVERITIES, key_of
from connector.store.tables import findings

TOLD = (
    changes.c.seq,
    changes.c.changed_at,
    changes.c.site_id,
    changes.c.finding_id,
    changes.c.change_type,
    changes.c.severity,
    changes.c.status,
    changes.c.severity_before,
    changes.c.status_before,
    changes.c.is_implied,
    changes.c.implied_before,
    changes.c.draft,
    changes.c.kept,
    changes.c.body,
)


def wanted_rows(query: FeedQuery) -> Select[Any]:
    """Return what selects the rows that a query asks for, in their order."""
    wanted = asked_for(query.wanted, query.view).where(changes.c.seq > query.after)
    return within_times(wanted, query.since, query.before)


def asked_for(filter_: FeedFilter, view: View) -> Select[Any]:
    """Return what selects the rows of a filter anywhere in the feed, in their order."""
    wanted = select(*TOLD)
    if view is View.LATEST:
        newest = select(findings.c.change_seq).where(
            findings.c.id == changes.c.finding_id
        )
        wanted = wanted.where(changes.c.seq == newest.scalar_subquery())
    return _filtered(wanted, filter_).order_by(changes.c.seq)


def within_times(wanted: Select[Any], since: Any, before: Any) -> Select[Any]:
    """Return what selects those rows that lie between two times or parameters."""
    if since is not None:
        wanted = wanted.where(changes.c.changed_at >= since)
    if before is not None:
        wanted = wanted.where(changes.c.changed_at < before)
    return wanted


def _filtered(wanted: Select[Any], filter_: FeedFilter) -> Select[Any]:
    for column, values in (
        (changes.c.site_id, filter_.site_ids),
        (changes.c.detector_id, filter_.finding_types or None),
        (changes.c.resource_type, filter_.resource_types or None),
    ):
        if values is not None:
            wanted = wanted.where(_is_one_of(column, values))
    if filter_.finding_id is not None:
        wanted = wanted.where(changes.c.finding_id == key_of(filter_.finding_id))
    if not filter_.with_refreshed:
        wanted = wanted.where(changes.c.change_type != ChangeType.REFRESHED.value)
    if not filter_.is_mutable:
        return wanted
    before = _standing(
        filter_,
        changes.c.status_before,
        changes.c.severity_before,
        changes.c.implied_before,
    )
    after = _standing(
        filter_, changes.c.status, changes.c.severity, changes.c.is_implied
    )
    return wanted.where(or_(before, after))


def _standing(
    filter_: FeedFilter, status: Any, severity: Any, is_implied: Any
) -> ColumnElement[bool]:
    conditions = [status.is_not(None)]
    if filter_.statuses:
        conditions.append(_is_one_of(status, filter_.statuses))
    if filter_.min_severity is not None:
        conditions.append(severity >= rank(filter_.min_severity))
    if not filter_.with_implied:
        conditions.append(~is_implied)
    return and_(*conditions)


def _is_one_of(column: Any, values: Iterable[str]) -> ColumnElement[bool]:
    """Return that a column holds one of some values, each a parameter of its own."""
    given = [literal(value, column.type) for value in sorted(values)]
    return column.in_(given) if given else false()


def standing_of(row: Row[Any]) -> Standing:
    """Return how the finding of a row stands after the change."""
    return Standing(Status(row.status), SEVERITIES[row.severity], row.is_implied)
