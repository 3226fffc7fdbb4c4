"""Starts the scans that are due; whoever works on scans finds them in the ledger."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from connector.domain.durations import NEVER, duration_of
from connector.domain.installation import Installation
from connector.domain.scan import Scan, ScanKind, ScanStatus, Urgency
from connector.domain.store_ports import Begin, Stores

Due = tuple[Installation, ScanKind]


@dataclass(frozen=True, slots=True)
class ScheduleScans:
    """Starts a scan of each site so long after its last one began.

    ``every`` is how long for a site that does not say so itself, a duration or
    ``never``: after its last full scan it has a full one, and ``incremental_every``
    after its last scan of whatever kind an incremental one. A site that was never
    scanned is due at once, one whose scan is not over is not due.
    """

    begin: Begin
    now: Callable[[], datetime]
    every: str
    incremental_every: str = NEVER

    def is_wanted(self) -> bool:
        """Return whether a scan is due."""
        with self.begin(write=False) as stores:
            return any(self._due(stores))

    def __call__(self) -> int:
        """Start what is due; returns how many scans that were."""
        with self.begin() as stores:
            started = [self._start(stores, *due) for due in list(self._due(stores))]
        return sum(started)

    def _due(self, stores: Stores) -> Iterator[Due]:
        last = last_full = stores.ledger.latest_of_each()
        whole = frozenset[str](), ScanKind.FULL
        if not all(scan.answers(*whole) for scan in last.values()):
            last_full = stores.ledger.latest_of_each(ScanKind.FULL)
        for installation in stores.installations.all():
            site_id = installation.site.cloud_id
            scan = last.get(site_id)
            is_running = scan is not None and scan.status is ScanStatus.RUNNING
            if installation.state.may_scan and not is_running:
                full = last_full.get(site_id)
                if kind := self._kind_due(stores, installation, scan, full):
                    yield installation, kind

    def _kind_due(
        self,
        stores: Stores,
        installation: Installation,
        scan: Scan | None,
        full: Scan | None,
    ) -> ScanKind | None:
        settings = installation.settings
        every = settings.scan_every or self.every
        if self._is_time(every, full):
            return ScanKind.FULL
        if not self._is_time(
            settings.incremental_every or self.incremental_every, scan
        ):
            return None
        if stores.snapshots.site_age(installation.site.cloud_id):
            return ScanKind.INCREMENTAL
        # Full scans that have a schedule of their own are not made more frequent.
        return ScanKind.FULL if every == NEVER else None

    def _is_time(self, every: str, since: Scan | None) -> bool:
        if every == NEVER:
            return False
        return since is None or since.started_at <= self.now() - duration_of(every)

    def _start(
        self, stores: Stores, installation: Installation, kind: ScanKind
    ) -> bool:
        site_id, now = installation.site.cloud_id, self.now()
        _, was_running = stores.ledger.start(site_id, (), now, Urgency.SCHEDULED, kind)
        return not was_running
