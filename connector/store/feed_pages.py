"""Reads a page of the feed as lines, with little done for each row."""

from collections.abc import Collection
from contextlib import closing
from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, Connection, Text, bindparam, type_coerce

from connector.domain.feed import (
    FeedFilter,
    FeedPage,
    FeedQuery,
    PageLines,
    View,
    Watermark,
)
from connector.store.column_types import moment_of
from connector.store.feed_joins import FeedJoins
from connector.store.feed_selection import asked_for, within_times
from connector.store.feed_tables import changes
from connector.store.prepared import Prepared

COLUMNS = (
    changes.c.seq,
    type_coerce(changes.c.changed_at, BigInteger),
    type_coerce(changes.c.site_id, Text),
    changes.c.body,
)
"""As they are stored: of many rows only the last time is looked at."""
MOST_STATEMENTS = 200
ROWS_AT_ONCE = 32
"""Some ten kilobytes: what is joined stays near a processor, in memory used before."""


def page_in_lines(
    connection: Connection,
    joins: FeedJoins,
    query: FeedQuery,
    watermark: Watermark,
    *,
    named: bool,
) -> FeedPage | None:
    """Return a page of the feed as lines; None if a row is not rendered yet."""
    times = {"since": query.since, "before": query.before}
    given = {name: at for name, at in times.items() if at is not None}
    bounds = {"after": query.after, "end": watermark.seq, "most": query.limit + 1}
    statement = _statement(query.wanted, query.view, frozenset(given))
    told, count, last, last_at = list[bytes](), 0, None, None
    with closing(statement.run(connection, bounds | given)) as cursor:
        fetch = cursor.fetchmany
        while rows := fetch(min(ROWS_AT_ONCE, query.limit - count)):
            seqs, times_, site_ids, bodies = zip(*rows, strict=True)
            if None in bodies:
                return None
            told += joins.block(site_ids, bodies, query.public_url, named=named)
            count, last, last_at = count + len(rows), seqs[-1], times_[-1]
            if count == query.limit:
                break
        has_more = count == query.limit and bool(fetch(1))
    end = end_of_page(query, watermark, last, has_more=has_more)
    lines = PageLines(count, moment_of(last_at), tuple(told))
    return FeedPage((), has_more, end, watermark, lines)


def end_of_page(
    query: FeedQuery, watermark: Watermark, last: int | None, *, has_more: bool
) -> int:
    """Return where to go on behind a page whose last row has a number."""
    end = watermark.seq
    if has_more or query.before is not None:
        end = query.after if last is None else last
    return max(end, query.after)


@lru_cache(MOST_STATEMENTS)
def _statement(wanted: FeedFilter, view: View, times: Collection[str]) -> Prepared:
    """Return what selects a page: consumers ask the same again and again."""
    page = asked_for(wanted, view).with_only_columns(*COLUMNS)
    is_between = (changes.c.seq > bindparam("after"), changes.c.seq <= bindparam("end"))
    since: Any = bindparam("since") if "since" in times else None
    before: Any = bindparam("before") if "before" in times else None
    page = within_times(page.where(*is_between), since, before)
    most = bindparam("most", type_=BigInteger)
    return Prepared(lambda _: page.limit(most))
