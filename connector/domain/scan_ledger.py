"""The ledger of scans, as a protocol: one of the stores of a transaction."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from connector.domain.reading import Spending
from connector.domain.scan import (
    Reading,
    Scan,
    ScanKind,
    ScanReport,
    ScanStatus,
    Unit,
    Urgency,
)


class ScanLedger(Protocol):
    """The ledger of scans and their units: the only truth about what is done.

    Every write that finishes something is guarded by the lease of its unit; a
    lost lease raises UnitInterruptedError and leaves everything as it was.
    """

    def start(
        self,
        site_id: str,
        only_spaces: Collection[str],
        now: datetime,
        urgency: Urgency = Urgency.INTERACTIVE,
        kind: ScanKind = ScanKind.FULL,
    ) -> tuple[Scan, bool]:
        """Start a scan with its directory unit; True when one was already running.

        A site has one running scan at a time; asking again returns that one, from now
        on as urgent as the more urgent of the two.
        """
        ...

    def scan(self, scan_id: str) -> Scan:
        """Return a scan."""
        ...

    def latest(
        self,
        site_id: str,
        status: ScanStatus | None = None,
        kind: ScanKind | None = None,
    ) -> Scan | None:
        """Return the newest scan of a site, at a status and of a kind if given."""
        ...

    def latest_of_each(self, kind: ScanKind | None = None) -> Mapping[str, Scan]:
        """Return the newest scan of each installed site, whole ones if of a kind."""
        ...

    def reports_of_each(self) -> Mapping[str, ScanReport]:
        """Return the newest report of a scan done of every installed site, by site."""
        ...

    def open_scans(self, now: datetime) -> Sequence[Scan]:
        """Return the running scans that do not rest now, the most urgent first."""
        ...

    def rest(self, scan: Scan) -> None:
        """Keep why a running scan rests, until when and for the how-manieth time."""
        ...

    def units(self, scan_id: str) -> Sequence[Unit]:
        """Return all units of a scan."""
        ...

    def add_units(self, scan_id: str, units: Iterable[Unit]) -> None:
        """Add units; those the scan already has stay as they are."""
        ...

    def free_units(self, scan_id: str, now: datetime) -> Sequence[Unit]:
        """Return the units that could be claimed now."""
        ...

    def claim(
        self,
        scan_id: str,
        owner: str,
        now: datetime,
        lease: timedelta,
        limit: int,
    ) -> Sequence[Unit]:
        """Lease up to ``limit`` units that are possible now and leased by nobody.

        A shard is possible as soon as it exists, the site unit once every other
        unit is done or parked. A unit whose last worker let its lease run out counts
        a death.
        """
        ...

    def claim_one(
        self, unit: Unit, owner: str, now: datetime, lease: timedelta
    ) -> Unit | None:
        """Lease this unit, if that is possible now."""
        ...

    def workers(self, site_id: str, now: datetime) -> int:
        """Return how many workers hold units of a scan of a site."""
        ...

    def disown(self, scan_id: str, is_dead: Callable[[str], bool]) -> None:
        """Free the units whose owners are dead before their leases run out."""
        ...

    def extend(self, unit: Unit, owner: str, until: datetime) -> None:
        """Extend a lease."""
        ...

    def release(
        self,
        unit: Unit,
        owner: str,
        error: str = "",
        *,
        rest_until: datetime | None = None,
    ) -> None:
        """Give a unit back unfinished: "not now", never success.

        One that is to rest failed, and its failures count.
        """
        ...

    def stage(
        self,
        unit: Unit,
        owner: str,
        readings: Iterable[Reading],
        cursor: str,
        until: datetime,
    ) -> Unit:
        """Keep what was read, step the cursor and extend the lease, or none of it.

        The step counts only where the stored cursor is the unit's own; returns
        the unit with its new cursor.
        """
        ...

    def readings(
        self, scan_id: str, kind: str, key: str | None = None
    ) -> Iterator[Reading]:
        """Yield what was read during a scan, oldest first, one at a time."""
        ...

    def reading_keys(self, scan_id: str, kind: str) -> frozenset[str]:
        """Return the keys of one kind of reading."""
        ...

    def park(self, unit: Unit, owner: str, error: str) -> None:
        """Give a unit up for this scan; its scope becomes a gap in the coverage."""
        ...

    def finish_unit(self, unit: Unit, owner: str) -> None:
        """Mark a unit done."""
        ...

    def spend(self, scan_id: str, spending: Spending) -> None:
        """Add to what the scan spent."""
        ...

    def spent(self, scan_id: str) -> Spending:
        """Return all that a scan spent."""
        ...

    def cancel(self, scan_id: str, now: datetime) -> bool:
        """Stop a running scan: what its units write from now on does not count.

        False where the scan was not running.
        """
        ...

    def finish(self, report: ScanReport) -> None:
        """Close a scan, keep its report and drop its readings; the first one counts."""
        ...

    def report(self, scan_id: str) -> ScanReport | None:
        """Return the report of a finished scan."""
        ...
