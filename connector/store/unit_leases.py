"""Leases of units: who may work on what, and which writes still count."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import (
    Connection,
    Update,
    and_,
    bindparam,
    case,
    exists,
    func,
    or_,
    select,
    update,
)

from connector.domain.errors import UnitInterruptedError
from connector.domain.scan import ScanStatus, Unit, UnitKind, UnitStatus
from connector.store.scan_rows import NOBODY, unit_of
from connector.store.tables import scans, units

# Put together once: a unit is stepped for nearly every call of a scan.
SAME = and_(
    units.c.scan_id == bindparam("of_scan"),
    units.c.id == bindparam("of_unit"),
    units.c.attempts == bindparam("of_attempt"),
)
HELD = update(units).where(
    SAME,
    units.c.owner == bindparam("by_owner"),
    units.c.status == UnitStatus.WAITING,
    exists().where(
        scans.c.id == bindparam("of_scan"), scans.c.status == ScanStatus.RUNNING
    ),
)
STEPPED = HELD.where(units.c.cursor == bindparam("at_cursor")).values(
    cursor=bindparam("to_cursor"), lease_until=bindparam("until"), deaths=0
)
EXTENDED = HELD.values(lease_until=bindparam("until"))
STATUS_HELD = (
    select(scans.c.status)
    .where(scans.c.id == bindparam("of_scan"))
    .with_for_update(read=True)
)
OTHERS = units.alias("others")
OTHERS_WAIT = exists().where(
    OTHERS.c.scan_id == bindparam("of_scan"),
    OTHERS.c.kind != UnitKind.SITE,
    OTHERS.c.status == UnitStatus.WAITING,
)
IS_FREE = and_(
    units.c.scan_id == bindparam("of_scan"),
    units.c.status == UnitStatus.WAITING,
    or_(units.c.owner == NOBODY, units.c.lease_until <= bindparam("at")),
    or_(units.c.rest_until.is_(None), units.c.rest_until <= bindparam("at")),
    or_(units.c.kind != UnitKind.SITE, ~OTHERS_WAIT),
    exists().where(
        scans.c.id == bindparam("of_scan"), scans.c.status == ScanStatus.RUNNING
    ),
)
FREE = select(units).where(IS_FREE).order_by(units.c.number)
POSSIBLE = (
    select(units.c.number)
    .where(IS_FREE)
    .order_by(units.c.attempts, units.c.number)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True, of=units)
)
POSSIBLE_ONE = POSSIBLE.where(units.c.id == bindparam("of_unit"))
CLAIMED = units.c.number.in_(bindparam("numbers", expanding=True))
TAKEN = (
    update(units)
    .where(CLAIMED)
    .values(
        owner=bindparam("by_owner"),
        lease_until=bindparam("until"),
        attempts=units.c.attempts + 1,
        deaths=units.c.deaths + case((units.c.owner == NOBODY, 0), else_=1),
    )
)
NUMBERED = select(units).where(CLAIMED)
NOTHING_ELSE: Mapping[str, object] = {}


class UnitLeases:
    """The leases of all units.

    A lease is an owner and the attempt the unit was claimed for, so that even the
    same owner cannot write under a lease it lost and took again.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def claim(
        self,
        scan_id: str,
        owner: str,
        now: datetime,
        lease: timedelta,
        limit: int,
        only: str | None = None,
    ) -> Sequence[Unit]:
        """Lease the units that are possible now, the least attempted first."""
        possible = POSSIBLE if only is None else POSSIBLE_ONE
        named = {"of_scan": scan_id, "at": now, "most": limit, "of_unit": only}
        numbers = self._connection.scalars(possible, named).all()
        if not numbers:
            return ()
        those = {"numbers": numbers}
        until = now + lease
        self._connection.execute(TAKEN, {**those, "by_owner": owner, "until": until})
        order = {number: place for place, number in enumerate(numbers)}
        rows = self._connection.execute(NUMBERED, those).all()
        return [unit_of(row) for row in sorted(rows, key=lambda r: order[r.number])]

    def free(self, scan_id: str, now: datetime) -> Sequence[Unit]:
        """Return the units that are possible now."""
        rows = self._connection.execute(FREE, {"of_scan": scan_id, "at": now})
        return [unit_of(row) for row in rows]

    def workers(self, site_id: str, now: datetime) -> int:
        """Count who holds units of the running scans of a site."""
        held = (
            select(func.count(units.c.owner.distinct()))
            .join(scans, scans.c.id == units.c.scan_id)
            .where(
                scans.c.site_id == site_id,
                scans.c.status == ScanStatus.RUNNING,
                units.c.status == UnitStatus.WAITING,
                units.c.owner != NOBODY,
                units.c.lease_until > now,
            )
        )
        return self._connection.scalar(held) or 0

    def disown(self, scan_id: str, is_dead: Callable[[str], bool]) -> None:
        """Free the units whose owners are dead before their leases run out."""
        held = and_(
            units.c.scan_id == scan_id,
            units.c.status == UnitStatus.WAITING,
            units.c.owner != NOBODY,
        )
        owners = self._connection.scalars(select(units.c.owner).where(held).distinct())
        if dead := [owner for owner in owners if is_dead(owner)]:
            self._connection.execute(
                update(units)
                .where(held, units.c.owner.in_(dead))
                .values(owner=NOBODY, lease_until=None, deaths=units.c.deaths + 1)
            )

    def step(self, unit: Unit, owner: str, cursor: str, until: datetime) -> None:
        """Step a unit's cursor and extend its lease."""
        to = {"to_cursor": cursor, "until": until, "at_cursor": unit.cursor}
        if not self._write(STEPPED, unit, owner, to):
            raise _lost(unit, owner)

    def extend(self, unit: Unit, owner: str, until: datetime) -> None:
        """Extend a lease, wherever the unit's cursor has got to."""
        if not self._write(EXTENDED, unit, owner, {"until": until}):
            raise _lost(unit, owner)

    def end(
        self,
        unit: Unit,
        owner: str,
        status: UnitStatus,
        error: str = "",
        rest_until: datetime | None = None,
    ) -> None:
        """End a lease; doing so again changes nothing."""
        kept_by = NOBODY if status is UnitStatus.WAITING else owner
        values = {
            "status": status.value,
            "owner": kept_by,
            "lease_until": None,
            "error": error,
            "rest_until": rest_until,
            "failures": units.c.failures + (0 if rest_until is None else 1),
        }
        ended = HELD.where(units.c.cursor == unit.cursor).values(values)
        if self._write(ended, unit, owner):
            return
        again = exists().where(SAME, units.c.status == status, units.c.owner == kept_by)
        if not self._connection.scalar(select(again), _named(unit)):
            raise _lost(unit, owner)

    def _write(
        self,
        held: Update,
        unit: Unit,
        owner: str,
        values: Mapping[str, object] = NOTHING_ELSE,
    ) -> bool:
        named = {**_named(unit), "by_owner": owner, **values}
        is_held = self._connection.execute(held, named).rowcount == 1
        if is_held:
            self._hold_scan(unit.scan_id)
        return is_held

    def _hold_scan(self, scan_id: str) -> None:
        """Keep a scan from ending before this transaction does.

        The unit is locked before its scan, here as at the end of a scan, so that
        a heartbeat and the last unit never wait for each other.
        """
        status = self._connection.scalar(STATUS_HELD, {"of_scan": scan_id})
        if status != ScanStatus.RUNNING:
            raise UnitInterruptedError(f"The scan {scan_id} is {status}.")


def _named(unit: Unit) -> dict[str, object]:
    return {
        "of_scan": unit.scan_id,
        "of_unit": unit.id,
        "of_attempt": unit.attempts,
    }


def _lost(unit: Unit, owner: str) -> UnitInterruptedError:
    return UnitInterruptedError(
        f"{owner} no longer holds the unit {unit.id} of the scan {unit.scan_id},"
        " or the scan is over."
    )
