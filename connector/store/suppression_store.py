"""Keeps suppressions, and the notes people write on findings."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, select

from casb_sdk import Level
from connector.domain.suppression import Note, Scope, Suppression
from connector.store.feed_tables import finding_notes, suppressions
from connector.store.finding_rows import key_of
from connector.store.json_values import dump_value, load_value
from connector.store.upsert import upsert


class SqlSuppressionStore:
    """The suppressions of all sites, and the notes on findings."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def save(self, suppression: Suppression) -> None:
        """Keep a suppression."""
        row = {
            "id": suppression.id,
            "site_id": suppression.site_id,
            "scope": suppression.scope.value,
            "target": suppression.target,
            "space_id": suppression.space_id,
            "reason": suppression.reason,
            "by": suppression.by,
            "created_at": suppression.created_at,
            "until": suppression.until,
            "level": suppression.level.value,
            "principals": dump_value(suppression.principals),
        }
        upsert(self._connection, suppressions, [row], key=["id"])

    def get(self, suppression_id: str) -> Suppression | None:
        """Return a suppression."""
        wanted = select(suppressions).where(suppressions.c.id == suppression_id)
        row = self._connection.execute(wanted).one_or_none()
        return None if row is None else _suppression(row)

    def of_site(self, site_id: str) -> Sequence[Suppression]:
        """Return the suppressions of a site, the oldest first."""
        table = suppressions
        wanted = select(table).where(table.c.site_id == site_id)
        rows = self._connection.execute(wanted.order_by(table.c.created_at, table.c.id))
        return [_suppression(row) for row in rows]

    def ended(self, now: datetime, limit: int) -> Sequence[Suppression]:
        """Return suppressions whose end has come."""
        table = suppressions
        wanted = select(table).where(table.c.until <= now)
        rows = self._connection.execute(wanted.order_by(table.c.until).limit(limit))
        return [_suppression(row) for row in rows]

    def drop(self, suppression_id: str) -> None:
        """Forget a suppression."""
        forgotten = delete(suppressions).where(suppressions.c.id == suppression_id)
        self._connection.execute(forgotten)

    def add_note(self, note: Note) -> None:
        """Keep a note."""
        row = {
            "finding_id": key_of(note.finding_id),
            "at": note.at,
            "by": note.by,
            "words": note.text,
        }
        self._connection.execute(finding_notes.insert().values(row))

    def notes(self, finding_id: str) -> Sequence[Note]:
        """Return the notes on a finding, the oldest first."""
        table = finding_notes
        wanted = select(table).where(table.c.finding_id == key_of(finding_id))
        rows = self._connection.execute(wanted.order_by(table.c.number))
        return [Note(finding_id, row.at, row.by, row.words) for row in rows]


def _suppression(row: Row[Any]) -> Suppression:
    return Suppression(
        id=row.id,
        site_id=row.site_id,
        scope=Scope(row.scope),
        target=row.target,
        space_id=row.space_id,
        reason=row.reason,
        by=row.by,
        created_at=row.created_at,
        until=row.until,
        level=Level(row.level),
        principals=load_value(row.principals, frozenset[str]),
    )
