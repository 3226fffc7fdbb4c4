"""Newline-delimited JSON: one row a line, as many as there are, none held back."""

from collections.abc import Iterable, Iterator, Mapping

import orjson

LINE_BREAKS = {
    "\x85".encode(): rb"\u0085",
    "\u2028".encode(): rb"\u2028",
    "\u2029".encode(): rb"\u2029",
}
"""Characters that JSON allows in a text and that some readers take for a line's end."""


def ndjson(rows: Iterable[Mapping[str, object]]) -> Iterator[bytes]:
    """Yield each row as one line."""
    for row in rows:
        yield in_one_line(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE))


def in_one_line(text: bytes) -> bytes:
    """Return a JSON text without what may pass for the end of a line."""
    for character, escape in LINE_BREAKS.items():
        text = text.replace(character, escape)
    return text
