"""The formats rows are written in, by name; all of them stream."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

import orjson

from connector.domain.errors import UsageError
from connector.export.ndjson import ndjson

Rows = Iterable[Mapping[str, object]]


@dataclass(frozen=True, slots=True)
class Format:
    """How rows become bytes, and what HTTP calls the result."""

    name: str
    media_type: str
    write: Callable[[Rows], Iterator[bytes]]


def json_array(rows: Rows) -> Iterator[bytes]:
    """Yield the rows as one JSON array."""
    opening = b"[\n"
    for row in rows:
        yield opening + orjson.dumps(row)
        opening = b",\n"
    yield b"[]\n" if opening == b"[\n" else b"\n]\n"


def json_page(
    rows: Rows, envelope: Callable[[], Mapping[str, object]]
) -> Iterator[bytes]:
    """Yield the rows as the ``items`` of one JSON object, then the rest of it.

    The envelope is asked for after the last row, when it is known where the page
    ends.
    """
    yield b'{"items":'
    yield from json_array(rows)
    rest = orjson.dumps(envelope())
    yield b"}\n" if rest == b"{}" else b"," + rest[1:] + b"\n"


JSON = Format("json", "application/json", json_array)
NDJSON = Format("ndjson", "application/x-ndjson", ndjson)
FORMATS = {format_.name: format_ for format_ in (JSON, NDJSON)}


def format_named(name: str) -> Format:
    """Return the format of a name."""
    if name not in FORMATS:
        raise UsageError(
            f"There is no format {name}.", f"Ask for one of {', '.join(FORMATS)}."
        )
    return FORMATS[name]
