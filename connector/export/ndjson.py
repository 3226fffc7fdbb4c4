"""Newline-delimited JSON: one row a line, as many as there are, none held back."""

from collections.abc import Iterable, Iterator, Mapping

import orjson

from connector.domain.one_line import in_one_line


def ndjson(rows: Iterable[Mapping[str, object]]) -> Iterator[bytes]:
    """Yield each row as one line."""
    for row in rows:
        yield in_one_line(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE))
