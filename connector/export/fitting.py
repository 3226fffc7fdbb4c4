"""Keeps a row below the size that every consumer takes, by cutting its evidence."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from sys import maxsize

import orjson

from connector.export.text import shortened, well_formed

ROW_LIMIT = 200_000
"""Bytes of JSON; the strictest consumer known takes 240 KB."""

WHOLE = frozenset({"changed_fields"})
FREE_MAPS = frozenset({"labels", "details"})

Row = dict[str, object]


@dataclass(frozen=True, slots=True)
class Cut:
    """How much stays: so many entries of each list, so many characters of each text."""

    entries: int = maxsize
    characters: int = maxsize

    def of(self, row: Mapping[str, object]) -> Row:
        """Return a row with this cut; ids, times and codes are too short to suffer."""
        return {
            name: value if name in WHOLE else self._value(name, value)
            for name, value in row.items()
        }

    def _value(self, name: str, value: object) -> object:
        if isinstance(value, str):
            return shortened(value, self.characters)
        if isinstance(value, list):
            return [self._value(name, one) for one in islice(value, self.entries)]
        if not isinstance(value, dict):
            return value
        kept = islice(value.items(), self.entries if name in FREE_MAPS else maxsize)
        return {
            shortened(key, self.characters): self._value(key, one) for key, one in kept
        }


CUTS = (
    Cut(1_000, 10_000),
    Cut(500, 5_000),
    Cut(250, 2_000),
    Cut(100, 1_000),
    Cut(50, 1_000),
    Cut(20, 500),
    Cut(10, 500),
    Cut(5, 500),
    Cut(2, 250),
    Cut(1, 250),
    Cut(0, 250),
)
TRUNCATED: Row = {"evidence_truncated": True}


def shrinking(row: Row) -> Iterator[Row]:
    """Yield a row whole, then ever shorter and marked as truncated."""
    yield row
    for cut in CUTS:
        yield cut.of(row) | TRUNCATED


def first_that_fits(rows: Iterable[Row], limit: int = ROW_LIMIT) -> Row:
    """Return the first row within a limit of bytes, or the last if none is."""
    smallest: Row = {}
    for row in rows:
        smallest = row
        if len(orjson.dumps(row)) <= limit:
            break
    return smallest


def bounded(row: Mapping[str, object], characters: int) -> Row:
    """Return a row without texts over a length; a short row cannot hold one."""
    whole = dict(row)
    if len(orjson.dumps(whole)) <= characters:
        return whole
    cut = Cut(characters=characters).of(whole)
    return cut if cut == whole else cut | TRUNCATED


def mended(row: Row) -> Row:
    """Return a row whose texts can all be encoded."""
    try:
        orjson.dumps(row)
    except orjson.JSONEncodeError:
        return {name: _mended(value) for name, value in row.items()}
    return row


def _mended(value: object) -> object:
    if isinstance(value, str):
        return well_formed(value)
    if isinstance(value, list):
        return [_mended(one) for one in value]
    if isinstance(value, dict):
        return {_mended(name): _mended(one) for name, one in value.items()}
    return value
