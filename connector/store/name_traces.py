"""Blacks a person's name out of texts that people and detectors wrote.

What is blacked out keeps its length, so that JSON and MessagePack stay readable. A
title that still stands in Confluence is read again by the next scan: it is content.
"""

import json
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    LargeBinary,
    func,
    literal,
    select,
    update,
)

from connector.store.schema_metadata import metadata

SHORTEST = 3
"""Shorter names stand in too many words that name nobody."""

PLACES = {
    "installations": ("note",),
    "installation_log": ("detail",),
    "alarms": ("message",),
    "scans": ("error", "report"),
    "findings": ("evidence", "titles", "aside"),
    "suppressions": ("reason",),
    "finding_notes": ("words",),
    "changes": ("draft", "kept", "body"),
}
TEMPLATES = frozenset({("changes", "body")})
"""Places where a percent sign is written twice (`connector.domain.feed_body`)."""


@dataclass(frozen=True, slots=True)
class NameTraces:
    """The names to black out, however they are written down."""

    names: frozenset[str]

    @classmethod
    def of(cls, names: Collection[str]) -> "NameTraces":
        """Return the traces of some names."""
        return cls(frozenset(n for n in map(str.strip, names) if len(n) >= SHORTEST))

    def blacked(self, text: str) -> str:
        """Return a text without the names."""
        for name in self.names:
            text = _pattern(name).sub(lambda found: "*" * len(found[0]), text)
        return text

    def black_out(self, connection: Connection) -> int:
        """Go through every text that is stored; returns in how many it was."""
        return sum(
            self._black_out(connection, name, column)
            for name, columns in PLACES.items()
            for column in columns
        )

    def _black_out(self, connection: Connection, name: str, column: str) -> int:
        table = metadata.tables[name]
        [key] = list(table.primary_key.columns)[:1]
        place, count = table.c[column], 0
        for spelt in self._written():
            is_template = (name, column) in TEMPLATES
            written = spelt.replace("%", "%%") if is_template else spelt
            is_there = _holds(connection, place, written)
            rows = connection.execute(select(key, place).where(is_there)).all()
            for id_, held in rows:
                changed = _without(held, written)
                if changed != held:
                    count += 1
                    connection.execute(
                        update(table).where(key == id_).values({column: changed})
                    )
        return count

    def _written(self) -> Iterator[str]:
        """Yield every way in which JSON may spell the names."""
        for name in sorted(self.names):
            plain, ascii_only = (
                json.dumps(name, ensure_ascii=escapes)[1:-1]
                for escapes in (False, True)
            )
            yield from dict.fromkeys((name, plain, ascii_only))


def _pattern(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")


def _without(held: str | bytes, written: str) -> str | bytes:
    if isinstance(held, str):
        return _pattern(written).sub(lambda found: "*" * len(found[0]), held)
    sought = rb"(?<!\w)" + re.escape(_bytes(written)) + rb"(?!\w)"
    return re.sub(sought, lambda found: b"*" * len(found[0]), held)


def _holds(
    connection: Connection, place: Column[object], written: str
) -> ColumnElement[bool]:
    is_blob = isinstance(place.type, LargeBinary)
    sought = literal(_bytes(written), LargeBinary()) if is_blob else literal(written)
    if connection.dialect.name == "sqlite":
        return func.instr(place, sought) > 0
    if is_blob:
        return func.pg_catalog.position(place, sought) > 0
    return func.strpos(place, sought) > 0


def _bytes(written: str) -> bytes:
    return written.encode("utf-8", "surrogatepass")
