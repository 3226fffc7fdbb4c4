"""Keeps the attempts to get a site's consent."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, select, update

from connector.domain.consent import Consent, ConsentStatus
from connector.store.tables import consents
from connector.store.upsert import upsert

COLUMNS = tuple(field.name for field in fields(Consent))


class SqlConsentStore:
    """The attempts of the last hour or so; tickets are kept as hashes."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def save(self, consent: Consent) -> None:
        """Insert or replace an attempt."""
        upsert(self._connection, consents, [_row(consent)], key=["id"])

    def get(self, consent_id: str) -> Consent | None:
        """Return an attempt."""
        wanted = select(consents).where(consents.c.id == consent_id)
        row = self._connection.execute(wanted).one_or_none()
        return None if row is None else _consent(row)

    def start(self, ticket_hash: str, now: datetime) -> Consent | None:
        """Use up a ticket: the attempt that was issued with it, once."""
        wanted = select(consents).where(consents.c.ticket_hash == ticket_hash)
        row = self._connection.execute(wanted).one_or_none()
        if row is None or now >= _consent(row).expires_at:
            return None
        started = (
            update(consents)
            .where(consents.c.ticket_hash == ticket_hash)
            .where(consents.c.status == ConsentStatus.ISSUED.value)
            .values(status=ConsentStatus.STARTED.value)
        )
        if not self._connection.execute(started).rowcount:
            return None
        return self.get(row.id)

    def fail(self, consent: Consent) -> bool:
        """Keep how an attempt failed, unless it is done; returns whether it is not."""
        failed = (
            update(consents)
            .where(consents.c.id == consent.id)
            .where(consents.c.status != ConsentStatus.DONE.value)
            .values(_row(consent))
        )
        return self._connection.execute(failed).rowcount == 1

    def forget(self, asked_before: datetime) -> Sequence[str]:
        """Drop old attempts; returns the ids of those that came to nothing."""
        old = consents.c.asked_at < asked_before
        came_to_nothing = select(consents.c.id).where(
            old, consents.c.status != ConsentStatus.DONE.value
        )
        ids = tuple(self._connection.scalars(came_to_nothing))
        self._connection.execute(delete(consents).where(old))
        return ids


def _row(consent: Consent) -> dict[str, Any]:
    values = {name: getattr(consent, name) for name in COLUMNS}
    return values | {"status": consent.status.value}


def _consent(row: Row[Any]) -> Consent:
    values = dict(zip(COLUMNS, (getattr(row, name) for name in COLUMNS), strict=True))
    return Consent(**values | {"status": ConsentStatus(row.status)})
