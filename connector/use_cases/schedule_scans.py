"""Starts the scans that are due; whoever works on scans finds them in the ledger."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from connector.domain.durations import NEVER, duration_of
from connector.domain.installation import Installation
from connector.domain.scan import Scan, ScanStatus, Urgency
from connector.domain.store_ports import Begin, Stores


@dataclass(frozen=True, slots=True)
class ScheduleScans:
    """Starts a scan of each site so long after its last one began.

    ``every`` is how long for a site that does not say so itself: a duration, or
    ``never``. A site that was never scanned is due at once, one whose scan is not over
    is not due.
    """

    begin: Begin
    now: Callable[[], datetime]
    every: str

    def is_wanted(self) -> bool:
        """Return whether a scan is due."""
        with self.begin(write=False) as stores:
            return any(self._due(stores))

    def __call__(self) -> int:
        """Start what is due; returns how many scans that were."""
        with self.begin() as stores:
            started = [self._start(stores, site) for site in list(self._due(stores))]
        return sum(started)

    def _due(self, stores: Stores) -> Iterator[Installation]:
        last, now = stores.ledger.latest_of_each(), self.now()
        for installation in stores.installations.all():
            every = installation.settings.scan_every or self.every
            if installation.state.may_scan and every != NEVER:
                scan = last.get(installation.site.cloud_id)
                if scan is None or _is_over_since(scan, now - duration_of(every)):
                    yield installation

    def _start(self, stores: Stores, installation: Installation) -> bool:
        site_id, now = installation.site.cloud_id, self.now()
        return not stores.ledger.start(site_id, (), now, Urgency.SCHEDULED)[1]


def _is_over_since(scan: Scan, moment: datetime) -> bool:
    return scan.status is not ScanStatus.RUNNING and scan.started_at <= moment
