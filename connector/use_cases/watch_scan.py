"""Watches a scan that another process works on."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from connector.domain.errors import AtlassianUnavailableError, ConflictError
from connector.domain.installation import Installation
from connector.domain.points import Budget, QuotaWait, wait_of_scans
from connector.domain.readiness import require_scannable
from connector.domain.scan import Scan, ScanKind, ScanReport, ScanStatus, UnitStatus
from connector.domain.store_ports import Begin, Stores
from connector.use_cases.readings import ReadingKind
from connector.use_cases.scan_run import DONE, ScanProgress

Report = Callable[[ScanProgress], None]


@dataclass(frozen=True, slots=True)
class WatchScan:
    """Follows a scan in the ledger, as long as somebody works on it.

    ``is_worked_on`` says whether somebody does the work of this deployment,
    ``budget_of`` how many points an hour there are for a site.
    """

    begin: Begin
    now: Callable[[], datetime]
    is_worked_on: Callable[[], bool]
    budget_of: Callable[[Installation], Budget]
    sleep: Callable[[float], None] = time.sleep
    look_every: float = 0.5

    def start(
        self,
        installation: Installation,
        only_spaces: frozenset[str],
        kind: ScanKind = ScanKind.FULL,
    ) -> tuple[Scan, bool]:
        """Start a scan for others to work on; True where one was running already."""
        with self.begin() as stores:
            current = stores.installations.get(installation.id) or installation
            require_scannable(current)
            site_id = installation.site.cloud_id
            return stores.ledger.start(site_id, only_spaces, self.now(), kind=kind)

    def __call__(
        self, scan_id: str, installation: Installation, progress: Report | None = None
    ) -> ScanReport | None:
        """Return the report of a scan, None where nobody works on it any more.

        Raises ConflictError where it was cancelled, AtlassianUnavailableError where it
        rests after trouble with Atlassian, and what keeps its site from being scanned.
        """
        while True:
            with self.begin(write=False) as stores:
                scan = stores.ledger.scan(scan_id)
                report = stores.ledger.report(scan_id)
                waiting = self._waiting(stores, scan, installation)
                now = _progress(stores, scan, report, waiting)
            if progress:
                progress(now)
            if report is not None:
                return report
            self._refuse_ended(scan, installation)
            if not self.is_worked_on():
                return None
            self.sleep(self.look_every)

    def _waiting(
        self, stores: Stores, scan: Scan, installation: Installation
    ) -> QuotaWait | None:
        if scan.status is not ScanStatus.RUNNING:
            return None
        budget = self.budget_of(installation)
        accounts = budget.accounts(scan.site_id)
        states = {account: stores.points.state(account) for account in accounts}
        return wait_of_scans(budget, states, self.now())

    def _refuse_ended(self, scan: Scan, installation: Installation) -> None:
        if scan.status is not ScanStatus.RUNNING:
            raise ConflictError(
                f"The scan {scan.id} was cancelled before it was done.",
                "Run `casb scan` to start another one.",
            )
        if scan.rest_until and scan.rest_until > self.now():
            with self.begin(write=False) as stores:
                current = stores.installations.find(scan.site_id)
            require_scannable(current or installation)
            raise AtlassianUnavailableError(
                scan.error or "The scan rests.",
                f"It goes on by itself at {scan.rest_until:%H:%M} UTC.",
            )


def _progress(
    stores: Stores, scan: Scan, report: ScanReport | None, quota_wait: QuotaWait | None
) -> ScanProgress:
    ledger = stores.ledger
    units = ledger.units(scan.id)
    waiting = [unit.kind for unit in units if unit.status is UnitStatus.WAITING]
    judged = len(ledger.reading_keys(scan.id, ReadingKind.SPACE_REPORT))
    spent = ledger.spent(scan.id)
    return ScanProgress(
        phase=waiting[0].value if waiting else DONE,
        units_done=len(units) - len(waiting),
        units=len(units),
        spaces_done=report.spaces if report else judged,
        spaces=sum(len(unit.space_ids) for unit in units),
        items=report.items if report else 0,
        calls=spent.calls,
        points=spent.points,
        waiting=quota_wait,
    )
