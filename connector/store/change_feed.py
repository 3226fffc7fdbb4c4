"""Keeps the feed of changes: numbered in the order of the commits (export-api 1.4)."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, or_, select, text, update

from connector.domain.feed import (
    FeedFilter,
    FeedLines,
    FeedPage,
    FeedPosition,
    FeedQuery,
    FeedRow,
    View,
    Watermark,
    rank,
)
from connector.domain.finding_state import Change, Standing, Status
from connector.store.feed_compaction import compact
from connector.store.feed_drafts import FeedDrafts
from connector.store.feed_joins import FeedJoins
from connector.store.feed_rows import change_row, kept_finding
from connector.store.feed_tables import changes, feed_state
from connector.store.finding_rows import SEVERITIES, id_of, key_of
from connector.store.tables import findings
from connector.store.upsert import insert_new

WRITER_LOCK = 0x46494E44
"""The key of PostgreSQL's advisory lock: whoever writes findings does so alone."""
THE_FEED = 1
MICROSECOND = timedelta(microseconds=1)
ROWS_AT_ONCE = 200
NOTHING_WRITTEN = 0
Json = dict[str, Any]

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
    changes.c.draft,
    changes.c.kept,
    changes.c.body,
)


class SqlChangeFeed:
    """The feed of all sites, one row each time a finding changed."""

    def __init__(
        self,
        connection: Connection,
        now: Callable[[], datetime],
        new_id: Callable[[], str],
    ) -> None:
        self._connection = connection
        self._now = now
        self._new_id = new_id
        self._joins = FeedJoins(connection)
        self._drafts = FeedDrafts(connection)
        self._has_turn = False

    def take_turn(self) -> None:
        """Wait until nobody else writes; SQLite's writers are alone anyway.

        Nothing to wait for where the transaction only reads.
        """
        if self._has_turn or self._connection.dialect.name != "postgresql":
            return
        self._has_turn = True
        options = self._connection.get_execution_options()
        if not options.get("postgresql_readonly"):
            lock = text("SELECT pg_advisory_xact_lock(:key)")
            self._connection.execute(lock, {"key": WRITER_LOCK})

    def append(
        self, written: Sequence[tuple[Change, Json]], silent: Collection[bytes] = ()
    ) -> None:
        """Write changes down before the rows of their findings are, having the turn.

        The rows are told the number and the time that their change got. ``silent``
        are findings that are written too, with nothing to tell.
        """
        self._drafts.keep({*silent, *(row["id"] for _, row in written)})
        if not written:
            return
        state = self._state()
        seq, at = state.seq, self._now()
        if state.changed_at is not None:
            at = max(at, state.changed_at + MICROSECOND)
        rows, newest = [], dict[bytes, tuple[Json, Json]]()
        for change, finding in written:
            seq += 1
            finding |= {"change_seq": seq, "changed_at": at}
            if earlier := newest.get(finding["id"]):
                earlier[0]["kept"] = kept_finding(earlier[1])
            row = change_row(change, finding["resource_type"], seq, at)
            newest[finding["id"]] = row, finding
            rows.append(row)
            # Every row has its own microsecond: time and number must agree.
            at += MICROSECOND
        self._connection.execute(changes.insert(), rows)
        self._move(last_seq=seq, last_changed_at=at - MICROSECOND)

    def page(self, query: FeedQuery) -> FeedPage:
        """Return a page of the feed."""
        watermark = self.watermark()
        wanted = _wanted(query).where(changes.c.seq <= watermark.seq)
        found = self._connection.execute(wanted.limit(query.limit + 1)).all()
        rows = self._told(found[: query.limit], query)
        has_more = len(found) > query.limit
        end = rows[-1].seq if has_more else watermark.seq
        if query.before is not None and not has_more:
            end = rows[-1].seq if rows else query.after
        return FeedPage(rows, has_more, max(end, query.after), watermark)

    def stream(self, query: FeedQuery) -> Iterator[FeedRow]:
        """Yield every row of a query, a batch in memory at a time."""
        options = {"yield_per": ROWS_AT_ONCE}
        wanted = _wanted(query)
        with self._connection.execute(wanted, execution_options=options) as result:
            for rows in result.partitions():
                yield from self._told(rows, query)

    def lines(self, query: FeedQuery) -> Iterator[FeedLines]:
        """Yield the rows of a query as lines of JSON, up to one not rendered yet."""
        options = {"yield_per": ROWS_AT_ONCE}
        columns = (changes.c.seq, changes.c.site_id, changes.c.body)
        wanted = _wanted(query).with_only_columns(*columns)
        with self._connection.execute(wanted, execution_options=options) as result:
            for some in result.partitions():
                rows = list(takewhile(lambda row: row.body is not None, some))
                if rows:
                    bodies = [(site_id, body) for _, site_id, body in rows]
                    pieces = tuple(self._joins.lines(bodies, query.public_url))
                    yield FeedLines(len(rows), rows[-1].seq, pieces)
                if len(rows) < len(some):
                    return

    def watermark(self) -> Watermark:
        """Return how far the feed goes."""
        state = self._connection.execute(select(feed_state)).one_or_none()
        if state is None:
            return Watermark(NOTHING_WRITTEN, None, "")
        return Watermark(
            state.last_seq, state.last_changed_at, state.epoch, state.compacted_to
        )

    def close_window(self, before: datetime) -> None:
        """Make sure that nothing is ever written with an earlier time than this."""
        self.take_turn()
        state = self._state()
        if state.changed_at is None or state.changed_at < before - MICROSECOND:
            self._move(last_changed_at=before - MICROSECOND)

    def begin_epoch(self, above: int) -> Watermark:
        """Start anew after a restore: no number up to ``above`` is given out again."""
        self.take_turn()
        state = self._state()
        self._move(epoch=self._new_id(), last_seq=max(state.seq, above))
        return self.watermark()

    def unrendered(self, limit: int) -> Sequence[tuple[FeedPosition, Change]]:
        """Return changes that were not rendered yet, with where they stand."""
        wanted = select(*TOLD).where(changes.c.body.is_(None))
        ordered = wanted.order_by(changes.c.seq).limit(limit)
        rows = self._connection.execute(ordered).all()
        told = self._drafts.changes(rows)
        return [(FeedPosition(r.seq, r.changed_at), told[r.seq]) for r in rows]

    def keep_bodies(self, bodies: Mapping[int, bytes]) -> None:
        """Keep what changes were rendered to."""
        if not bodies:
            return
        self.take_turn()
        rendered = text(
            "UPDATE changes SET body = :body, draft = NULL, kept = NULL "
            "WHERE seq = :seq"
        )
        rows = [{"seq": seq, "body": body} for seq, body in bodies.items()]
        self._connection.execute(rendered, rows)

    def compact(self, history_before: datetime, tombstones_before: datetime) -> int:
        """Drop superseded rows, and ends, that are too old; returns how many."""
        self.take_turn()
        return compact(self._connection, history_before, tombstones_before)

    def _told(self, rows: Sequence[Row[Any]], query: FeedQuery) -> Sequence[FeedRow]:
        pending = [row for row in rows if row.body is None]
        written = self._drafts.changes(pending)
        return [self._row(row, query, written.get(row.seq)) for row in rows]

    def _row(self, row: Row[Any], query: FeedQuery, change: Change | None) -> FeedRow:
        text = None
        if row.body is not None:
            text = self._joins.text(row.site_id, row.body, query.public_url)
        return FeedRow(
            row.seq,
            row.changed_at,
            row.site_id,
            id_of(row.finding_id),
            row.change_type,
            text,
            change,
            query.wanted.is_mutable and not query.wanted.holds(_standing_of(row)),
            "" if change is None else self._joins.site_url(row.site_id),
        )

    def _state(self) -> Watermark:
        state = self.watermark()
        if state.epoch:
            return state
        first = {
            "id": THE_FEED,
            "epoch": self._new_id(),
            "last_seq": NOTHING_WRITTEN,
            "compacted_to": NOTHING_WRITTEN,
        }
        insert_new(self._connection, feed_state, [first])
        return self.watermark()

    def _move(self, **values: object) -> None:
        self._connection.execute(update(feed_state).values(values))


def _wanted(query: FeedQuery) -> Select[Any]:
    wanted = select(*TOLD).where(changes.c.seq > query.after)
    if query.view is View.LATEST:
        newest = select(findings.c.change_seq).where(
            findings.c.id == changes.c.finding_id
        )
        wanted = wanted.where(changes.c.seq == newest.scalar_subquery())
    if query.since is not None:
        wanted = wanted.where(changes.c.changed_at >= query.since)
    if query.before is not None:
        wanted = wanted.where(changes.c.changed_at < query.before)
    return _filtered(wanted, query.wanted).order_by(changes.c.seq)


def _filtered(wanted: Select[Any], filter_: FeedFilter) -> Select[Any]:
    for column, values in (
        (changes.c.site_id, filter_.site_ids),
        (changes.c.detector_id, filter_.finding_types or None),
        (changes.c.resource_type, filter_.resource_types or None),
    ):
        if values is not None:
            wanted = wanted.where(column.in_(values))
    if filter_.finding_id is not None:
        wanted = wanted.where(changes.c.finding_id == key_of(filter_.finding_id))
    if not filter_.with_implied:
        wanted = wanted.where(~changes.c.is_implied)
    if not filter_.is_mutable:
        return wanted
    before = _standing(filter_, changes.c.status_before, changes.c.severity_before)
    after = _standing(filter_, changes.c.status, changes.c.severity)
    return wanted.where(or_(before, after))


def _standing(filter_: FeedFilter, status: Any, severity: Any) -> Any:
    conditions = [status.is_not(None)]
    if filter_.statuses:
        conditions.append(status.in_(filter_.statuses))
    if filter_.min_severity is not None:
        conditions.append(severity >= rank(filter_.min_severity))
    return and_(*conditions)


def _standing_of(row: Row[Any]) -> Standing:
    return Standing(Status(row.status), SEVERITIES[row.severity])
