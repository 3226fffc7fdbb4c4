"""Reads much of the feed at once: rendered rows as lines, with little done for each."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, CursorResult, Text, type_coerce

from connector.domain.feed import FeedLines, FeedQuery
from connector.store.feed_joins import FeedJoins
from connector.store.feed_selection import wanted_rows
from connector.store.feed_tables import changes

FIRST_ROWS = 16
MOST_ROWS = 500
BYTES_AT_ONCE = 250_000
"""Of lines: far more would no longer stay near a processor, in memory used before."""
COLUMNS = (changes.c.seq, type_coerce(changes.c.site_id, Text), changes.c.body)
"""The id of a site as it is stored: it is read once for many rows, not in each."""


def feed_lines(
    connection: Connection, joins: FeedJoins, query: FeedQuery
) -> Iterator[FeedLines]:
    """Yield the rows of a query as lines of JSON, up to one not rendered yet."""
    # SQLite hands rows out one by one as it is; a buffer between would only cost.
    options = {"stream_results": connection.dialect.name == "postgresql"}
    wanted = wanted_rows(query).with_only_columns(*COLUMNS)
    size = FIRST_ROWS
    with connection.execute(wanted, execution_options=options) as result:
        fetch = fetching(result)
        while rows := fetch(size):
            seqs, site_ids, bodies = zip(*rows, strict=True)
            count = bodies.index(None) if None in bodies else len(bodies)
            told = tuple(joins.lines(site_ids[:count], bodies, query.public_url))
            if count:
                yield FeedLines(count, seqs[count - 1], told)
            if count < len(bodies):
                return
            weight = sum(map(len, told))
            size = max(1, min(MOST_ROWS, count * BYTES_AT_ONCE // weight))


def fetching(result: CursorResult[Any]) -> Callable[[int], Sequence[Any]]:
    """Return what fetches so many rows: SQLite's own way, which makes plain tuples."""
    if result.dialect.name == "postgresql":
        return result.fetchmany
    return result.cursor.fetchmany
