"""Reads a page of the feed as lines, with little done for each row."""

from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, Connection, Select, Text, bindparam, type_coerce

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
from connector.store.feed_lines import fetching
from connector.store.feed_selection import asked_for, within_times
from connector.store.feed_tables import changes

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
    wanted = within_times(_statement(query.wanted, query.view), query)
    bounds = {"after": query.after, "end": watermark.seq, "most": query.limit + 1}
    told, count, last, last_at = list[bytes](), 0, None, None
    with connection.execute(wanted, bounds) as result:
        fetch = fetching(result)
        while rows := fetch(min(ROWS_AT_ONCE, query.limit - count)):
            seqs, times, site_ids, bodies = zip(*rows, strict=True)
            if None in bodies:
                return None
            told += joins.block(site_ids, bodies, query.public_url, named=named)
            count, last, last_at = count + len(rows), seqs[-1], times[-1]
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
def _statement(wanted: FeedFilter, view: View) -> Select[Any]:
    """Return what selects a page: consumers ask the same again and again."""
    page = asked_for(wanted, view).with_only_columns(*COLUMNS)
    is_between = (changes.c.seq > bindparam("after"), changes.c.seq <= bindparam("end"))
    return page.where(*is_between).limit(bindparam("most"))
