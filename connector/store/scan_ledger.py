"""Keeps scans, their units and what they read: the only truth about what is done."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, or_, select, update

from connector.domain.errors import NotFoundError
from connector.domain.reading import Spending
from connector.domain.scan import (
    Reading,
    Scan,
    ScanKind,
    ScanReport,
    ScanStatus,
    Unit,
    UnitKind,
    UnitStatus,
    Urgency,
)
from connector.store import tables
from connector.store.announce import Announce, tell_nobody
from connector.store.json_values import dump_value, load_value
from connector.store.scan_readings import ScanReadings
from connector.store.scan_rows import (
    newest_of_each_site,
    scan_of,
    scan_row,
    unit_of,
    unit_row,
)
from connector.store.tables import scans, spendings
from connector.store.unit_leases import UnitLeases
from connector.store.upsert import insert_if_free, insert_new


class SqlScanLedger:
    """The ledger, one row a scan, a unit, a reading."""

    def __init__(
        self,
        connection: Connection,
        new_id: Callable[[], str],
        announce: Announce = tell_nobody,
    ) -> None:
        self._connection = connection
        self._new_id = new_id
        self._announce = announce
        self._leases = UnitLeases(connection)
        self._readings = ScanReadings(connection)

    def start(
        self,
        site_id: str,
        only_spaces: Collection[str],
        now: datetime,
        urgency: Urgency = Urgency.INTERACTIVE,
        kind: ScanKind = ScanKind.FULL,
    ) -> tuple[Scan, bool]:
        """Start a scan with its directory unit; True when one was already running."""
        only = frozenset(only_spaces)
        scan = Scan(self._new_id(), site_id, now, only, urgency=urgency, kind=kind)
        while not insert_if_free(self._connection, scans, scan_row(scan)):
            if running := self.latest(site_id, ScanStatus.RUNNING):
                return self._asked_again(running, urgency, now), True
        self.add_units(scan.id, [Unit(scan.id, "directory", UnitKind.DIRECTORY)])
        return scan, False

    def scan(self, scan_id: str) -> Scan:
        """Return a scan."""
        wanted = select(scans).where(scans.c.id == scan_id)
        row = self._connection.execute(wanted).first()
        if row is None:
            raise NotFoundError(f"There is no scan {scan_id}.")
        return scan_of(row)

    def latest(
        self,
        site_id: str,
        status: ScanStatus | None = None,
        kind: ScanKind | None = None,
    ) -> Scan | None:
        """Return the newest scan of a site, at a status and of a kind if given."""
        wanted = select(scans).where(scans.c.site_id == site_id)
        if status is not None:
            wanted = wanted.where(scans.c.status == status.value)
        if kind is not None:
            wanted = wanted.where(scans.c.kind == kind.value)
        newest = wanted.order_by(scans.c.number.desc()).limit(1)
        row = self._connection.execute(newest).first()
        return None if row is None else scan_of(row)

    def latest_of_each(self, kind: ScanKind | None = None) -> Mapping[str, Scan]:
        """Return the newest scan of each installed site, whole ones if of a kind."""
        rows = self._connection.execute(newest_of_each_site(kind=kind))
        return {row.site_id: scan_of(row) for row in rows}

    def reports_of_each(self) -> Mapping[str, ScanReport]:
        """Return the newest report of a scan done of every installed site, by site."""
        wanted = newest_of_each_site(ScanStatus.DONE).where(scans.c.report.is_not(None))
        rows = self._connection.execute(wanted)
        return {row.site_id: load_value(row.report, ScanReport) for row in rows}

    def open_scans(self, now: datetime) -> Sequence[Scan]:
        """Return the running scans that do not rest now, the most urgent first."""
        wanted = select(scans).where(
            scans.c.status == ScanStatus.RUNNING,
            or_(scans.c.rest_until.is_(None), scans.c.rest_until <= now),
        )
        ordered = wanted.order_by(scans.c.urgency.desc(), scans.c.number)
        return [scan_of(row) for row in self._connection.execute(ordered)]

    def rest(self, scan: Scan) -> None:
        """Keep why a running scan rests, until when and for the how-manieth time."""
        running = update(scans).where(
            scans.c.id == scan.id, scans.c.status == ScanStatus.RUNNING
        )
        self._connection.execute(
            running.values(
                rest_until=scan.rest_until, error=scan.error, setbacks=scan.setbacks
            )
        )

    def units(self, scan_id: str) -> Sequence[Unit]:
        """Return all units of a scan, in the order they were added."""
        table = tables.units
        wanted = select(table).where(table.c.scan_id == scan_id)
        rows = self._connection.execute(wanted.order_by(table.c.number))
        return [unit_of(row) for row in rows]

    def add_units(self, scan_id: str, units: Iterable[Unit]) -> None:
        """Add units; those the scan already has stay as they are."""
        added = tuple(units)
        insert_new(
            self._connection, tables.units, [unit_row(scan_id, unit) for unit in added]
        )
        self._announce(self._connection, self.scan(scan_id), added)

    def free_units(self, scan_id: str, now: datetime) -> Sequence[Unit]:
        """Return the units that could be claimed now."""
        return self._leases.free(scan_id, now)

    def claim(
        self,
        scan_id: str,
        owner: str,
        now: datetime,
        lease: timedelta,
        limit: int,
    ) -> Sequence[Unit]:
        """Lease up to ``limit`` units that are possible now and leased by nobody."""
        return self._leases.claim(scan_id, owner, now, lease, limit)

    def claim_one(
        self, unit: Unit, owner: str, now: datetime, lease: timedelta
    ) -> Unit | None:
        """Lease this unit, if that is possible now."""
        claimed = self._leases.claim(
            unit.scan_id, owner, now, lease, limit=1, only=unit.id
        )
        return next(iter(claimed), None)

    def workers(self, site_id: str, now: datetime) -> int:
        """Return how many workers hold units of a scan of a site."""
        return self._leases.workers(site_id, now)

    def disown(self, scan_id: str, is_dead: Callable[[str], bool]) -> None:
        """Free the units whose owners are dead before their leases run out."""
        self._leases.disown(scan_id, is_dead)

    def extend(self, unit: Unit, owner: str, until: datetime) -> None:
        """Extend a lease."""
        self._leases.extend(unit, owner, until)

    def release(
        self,
        unit: Unit,
        owner: str,
        error: str = "",
        *,
        rest_until: datetime | None = None,
    ) -> None:
        """Give a unit back unfinished: "not now", never success."""
        self._leases.end(unit, owner, UnitStatus.WAITING, error, rest_until)

    def stage(
        self,
        unit: Unit,
        owner: str,
        readings: Iterable[Reading],
        cursor: str,
        until: datetime,
    ) -> Unit:
        """Keep what was read and step the cursor; what was kept before stays."""
        self._leases.step(unit, owner, cursor, until)
        self._readings.keep(unit.scan_id, readings)
        return replace(unit, cursor=cursor)

    def readings(
        self, scan_id: str, kind: str, key: str | None = None
    ) -> Iterator[Reading]:
        """Yield what was read during a scan, oldest first, a few in memory at once."""
        return self._readings.of(scan_id, kind, key)

    def reading_keys(self, scan_id: str, kind: str) -> frozenset[str]:
        """Return the keys of one kind of reading."""
        return self._readings.keys(scan_id, kind)

    def park(self, unit: Unit, owner: str, error: str) -> None:
        """Give a unit up for this scan; its scope becomes a gap in the coverage."""
        self._leases.end(unit, owner, UnitStatus.PARKED, error)

    def finish_unit(self, unit: Unit, owner: str) -> None:
        """Mark a unit done."""
        self._leases.end(unit, owner, UnitStatus.DONE)

    def spend(self, scan_id: str, spending: Spending) -> None:
        """Add to what the scan spent."""
        self._connection.execute(
            insert(spendings).values(scan_id=scan_id, spending=dump_value(spending))
        )

    def spent(self, scan_id: str) -> Spending:
        """Return all that a scan spent."""
        wanted = select(spendings.c.spending).where(spendings.c.scan_id == scan_id)
        parts = self._connection.scalars(wanted)
        return sum((load_value(part, Spending) for part in parts), start=Spending())

    def cancel(self, scan_id: str, now: datetime) -> bool:
        """Stop a scan between two pages; False where it is not running."""
        running = update(scans).where(
            scans.c.id == scan_id, scans.c.status == ScanStatus.RUNNING
        )
        cancelled = self._connection.execute(
            running.values(status=ScanStatus.CANCELLED.value, finished_at=now)
        )
        if cancelled.rowcount:
            self._tidy(scan_id)
        return bool(cancelled.rowcount)

    def finish(self, report: ScanReport) -> None:
        """Close a scan, keep its report and drop its readings; the first counts."""
        scan, is_told = self._locked(report.scan.id)
        if is_told:
            return
        ended = report.scan if scan.status is ScanStatus.RUNNING else scan
        self._connection.execute(
            update(scans)
            .where(scans.c.id == scan.id)
            .values(
                status=ended.status.value,
                finished_at=ended.finished_at,
                error=ended.error,
                report=dump_value(report),
            )
        )
        self._tidy(scan.id)

    def report(self, scan_id: str) -> ScanReport | None:
        """Return the report of a finished scan."""
        wanted = select(scans.c.report).where(scans.c.id == scan_id)
        report = self._connection.scalar(wanted)
        return None if report is None else load_value(report, ScanReport)

    def _asked_again(self, running: Scan, urgency: Urgency, now: datetime) -> Scan:
        """Let a scan not rest any longer where a person asks for it."""
        if urgency is Urgency.SCHEDULED:
            return running
        asked = replace(running, urgency=urgency, rest_until=None)
        kept = update(scans).where(scans.c.id == asked.id)
        self._connection.execute(kept.values(urgency=urgency.value, rest_until=None))
        self._announce(self._connection, asked, self.free_units(asked.id, now))
        return asked

    def _locked(self, scan_id: str) -> tuple[Scan, bool]:
        """Return a scan, keeping it as it is, and whether it has its report."""
        wanted = select(scans).where(scans.c.id == scan_id).with_for_update()
        row = self._connection.execute(wanted).first()
        if row is None:
            raise NotFoundError(f"There is no scan {scan_id}.")
        return scan_of(row), row.report is not None

    def _tidy(self, scan_id: str) -> None:
        total = self.spent(scan_id)
        self._readings.drop(scan_id)
        of_scan = spendings.c.scan_id == scan_id
        self._connection.execute(delete(spendings).where(of_scan))
        self.spend(scan_id, total)
