"""Keeps what the units of a scan have read until the scan is over."""

from collections.abc import Iterable, Iterator
from itertools import islice

from sqlalchemy import Connection, bindparam, delete, select

from connector.domain.scan import Reading
from connector.store.tables import readings
from connector.store.upsert import insert_new

READINGS_AT_ONCE = 16

# Put together once: what was read is asked for space by space.
OF_KIND = select(readings.c.number).where(
    readings.c.scan_id == bindparam("of_scan"), readings.c.kind == bindparam("of_kind")
)
OF_KEY = OF_KIND.where(readings.c.key == bindparam("of_key"))
NUMBERED = (
    select(readings)
    .where(readings.c.number.in_(bindparam("numbers", expanding=True)))
    .order_by(readings.c.number)
)


class ScanReadings:
    """The readings of all scans, one row each; what was kept first stays."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def keep(self, scan_id: str, read: Iterable[Reading]) -> None:
        """Keep what was read and is not there yet."""
        rows = [
            {
                "scan_id": scan_id,
                "kind": reading.kind,
                "key": reading.key,
                "part": reading.part,
                "payload": reading.payload,
            }
            for reading in read
        ]
        insert_new(self._connection, readings, rows)

    def of(self, scan_id: str, kind: str, key: str | None) -> Iterator[Reading]:
        """Yield what was read, oldest first, a few in memory at once."""
        wanted = OF_KIND if key is None else OF_KEY
        named = {"of_scan": scan_id, "of_kind": kind, "of_key": key}
        numbers = iter(sorted(self._connection.scalars(wanted, named)))
        while chunk := list(islice(numbers, READINGS_AT_ONCE)):
            for row in self._connection.execute(NUMBERED, {"numbers": chunk}):
                yield Reading(row.kind, row.key, row.payload, row.part)

    def keys(self, scan_id: str, kind: str) -> frozenset[str]:
        """Return the keys of one kind of reading."""
        wanted = select(readings.c.key).where(
            readings.c.scan_id == scan_id, readings.c.kind == kind
        )
        return frozenset(self._connection.scalars(wanted.distinct()))

    def drop(self, scan_id: str) -> None:
        """Forget all that a scan read."""
        self._connection.execute(delete(readings).where(readings.c.scan_id == scan_id))
