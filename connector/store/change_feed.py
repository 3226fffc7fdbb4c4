"""Keeps the feed of changes: numbered in the order of the commits (export-api 1.4)."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, select, text, update

from connector.domain.feed import (
    FeedLines,
    FeedPage,
    FeedPosition,
    FeedQuery,
    FeedRow,
    Repeated,
    Watermark,
)
from connector.domain.finding_state import Change
from connector.store.feed_compaction import compact
from connector.store.feed_drafts import FeedDrafts
from connector.store.feed_joins import FeedJoins
from connector.store.feed_lines import feed_lines
from connector.store.feed_pages import end_of_page, page_in_lines
from connector.store.feed_repeats import quiet_findings, repeated_row
from connector.store.feed_rows import change_row, kept_finding
from connector.store.feed_selection import TOLD, standing_of, wanted_rows
from connector.store.feed_tables import changes, feed_state
from connector.store.finding_rows import id_of
from connector.store.name_marks import KeptFillings
from connector.store.prepared import Prepared
from connector.store.upsert import insert_new

WRITER_LOCK = 0x46494E44
"""The key of PostgreSQL's advisory lock: whoever writes findings does so alone."""
THE_FEED = 1
MICROSECOND = timedelta(microseconds=1)
ROWS_AT_ONCE = 200
NOTHING_WRITTEN = 0
STATE = Prepared(lambda _: select(feed_state))
Json = dict[str, Any]


class SqlChangeFeed:
    """The feed of all sites, one row each time a finding changed."""

    def __init__(
        self,
        connection: Connection,
        now: Callable[[], datetime],
        new_id: Callable[[], str],
        kept: KeptFillings | None = None,
    ) -> None:
        self._connection = connection
        self._now = now
        self._new_id = new_id
        self._joins = FeedJoins(connection, kept)
        self._drafts = FeedDrafts(connection)
        self._has_turn = False
        self._only_reads = kept is not None
        self._mark: Watermark | None = None

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
        rows, newest = [], dict[bytes, tuple[Json, Json]]()
        places = self._places(len(written))
        for place, (change, finding) in zip(places, written, strict=True):
            finding |= {"change_seq": place.seq, "changed_at": place.changed_at}
            if earlier := newest.get(finding["id"]):
                earlier[0]["kept"] = kept_finding(earlier[1])
            row = change_row(change, finding["resource_type"], place)
            newest[finding["id"]] = row, finding
            rows.append(row)
        self._connection.execute(changes.insert(), rows)

    def repeat(self, before: datetime, after: int, limit: int) -> Repeated | None:
        """Tell findings again that nothing was told of since; see `ChangeFeed`."""
        self.take_turn()
        quiet = quiet_findings(self._connection, before, after, limit)
        if not quiet:
            return None
        places = self._places(len(quiet))
        rows = [
            repeated_row(finding, place)
            for finding, place in zip(quiet, places, strict=True)
        ]
        self._connection.execute(changes.insert(), rows)
        return Repeated(len(quiet), quiet[-1]["number"])

    def page(self, query: FeedQuery) -> FeedPage:
        """Return a page of the feed."""
        watermark = self.watermark()
        wanted = wanted_rows(query).where(changes.c.seq <= watermark.seq)
        found = self._connection.execute(wanted.limit(query.limit + 1)).all()
        rows = self._told(found[: query.limit], query)
        has_more = len(found) > query.limit
        last = rows[-1].seq if rows else None
        end = end_of_page(query, watermark, last, has_more=has_more)
        return FeedPage(rows, has_more, end, watermark)

    def page_in_lines(self, query: FeedQuery, *, named: bool) -> FeedPage | None:
        """Return a page of the feed as lines; None if a row is not rendered yet."""
        watermark = self.watermark()
        return page_in_lines(
            self._connection, self._joins, query, watermark, named=named
        )

    def stream(self, query: FeedQuery) -> Iterator[FeedRow]:
        """Yield every row of a query, a batch in memory at a time."""
        options = {"yield_per": ROWS_AT_ONCE}
        wanted = wanted_rows(query)
        with self._connection.execute(wanted, execution_options=options) as result:
            for rows in result.partitions():
                yield from self._told(rows, query)

    def lines(self, query: FeedQuery) -> Iterator[FeedLines]:
        """Yield the rows of a query as lines of JSON, up to one not rendered yet."""
        return feed_lines(self._connection, self._joins, query)

    def watermark(self) -> Watermark:
        """Return how far the feed goes: for a transaction that only reads, no further.

        So such a one asks once.
        """
        if self._only_reads and self._mark:
            return self._mark
        self._mark = self._read_mark()
        return self._mark

    def _read_mark(self) -> Watermark:
        state = STATE.row(self._connection)
        if state is None:
            return Watermark(NOTHING_WRITTEN, None, "")
        return Watermark(
            state.last_seq,
            state.last_changed_at,
            state.epoch,
            state.compacted_to,
            state.compacted_at,
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
        rendered = [row for row in rows if row.body is not None]
        site_ids, bodies = [r.site_id for r in rendered], [r.body for r in rendered]
        texts = iter(self._joins.texts(site_ids, bodies, query.public_url))
        written = self._drafts.changes([row for row in rows if row.body is None])
        return [
            self._pending(row, query, written[row.seq])
            if row.body is None
            else _row(row, query, next(texts))
            for row in rows
        ]

    def _pending(self, row: Row[Any], query: FeedQuery, change: Change) -> FeedRow:
        told = _row(row, query, None)
        return replace(told, change=change, site_url=self._joins.site_url(row.site_id))

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

    def _places(self, count: int) -> Sequence[FeedPosition]:
        """Take so many places at the end of the feed, having the turn."""
        state = self._state()
        at = self._now()
        if state.changed_at is not None:
            at = max(at, state.changed_at + MICROSECOND)
        # Every row has its own microsecond: time and number must agree.
        places = [
            FeedPosition(state.seq + 1 + n, at + n * MICROSECOND) for n in range(count)
        ]
        self._move(last_seq=places[-1].seq, last_changed_at=places[-1].changed_at)
        return places

    def _move(self, **values: object) -> None:
        self._connection.execute(update(feed_state).values(values))


def _row(row: Row[Any], query: FeedQuery, text: bytes | None) -> FeedRow:
    left = query.wanted.is_mutable and not query.wanted.holds(standing_of(row))
    return FeedRow(
        row.seq,
        row.changed_at,
        row.site_id,
        id_of(row.finding_id),
        row.change_type,
        text,
        left_filter=left,
    )
