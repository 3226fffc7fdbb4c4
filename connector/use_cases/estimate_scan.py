"""Says what a scan will cost before it starts, by the last one or by the spaces."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from math import ceil

from casb_sdk import Space
from connector.domain.installation import Installation
from connector.domain.ports import SiteReader
from connector.domain.scan import ScanReport, ScanStatus
from connector.domain.store_ports import Begin
from connector.use_cases.choose_spaces import refuse_left_out, refuse_unknown

SECONDS_PER_CALL = 0.3
ITEMS_PER_CALL = 200
ROWS_PER_CALL = 250
GRANTS_PER_SPACE = 120
ITEMS_PER_SPACE = 100
POINTS_PER_GRANT = 2
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a scan will cost; a guess knows the spaces and not what is in them.

    ``asking`` is what it took to find out, in calls.
    """

    spaces: int
    calls: int
    points: int
    duration: timedelta
    is_guess: bool
    asking: int = 0


@dataclass(frozen=True, slots=True)
class EstimateScan:
    """Looks at the last scan or, without one, asks the site for its spaces."""

    begin: Begin
    open_reader: Callable[[Installation], SiteReader]
    points_per_hour: int
    concurrency: int

    async def __call__(
        self, installation: Installation, only_spaces: frozenset[str] = frozenset()
    ) -> Estimate:
        """Return the cost of a scan, of some spaces or of all.

        Raises NotFoundError or UsageError for spaces that cannot be scanned.
        """
        refuse_left_out(only_spaces, installation)
        report, items_of = self._known(installation.site.cloud_id)
        if report and not only_spaces and not report.scan.only_spaces:
            return self._as_last_time(report)
        reader = self.open_reader(installation)
        try:
            outline = await reader.outline()
            asking = reader.spending.calls
        finally:
            await reader.aclose()
        refuse_unknown(only_spaces, outline, installation)
        spaces = [
            space
            for space in outline.spaces
            if installation.settings.covers(space.key)
            and (not only_spaces or space.key in only_spaces)
        ]
        return self._guess(spaces, items_of, asking)

    def _known(self, site_id: str) -> tuple[ScanReport | None, Mapping[str, int]]:
        with self.begin(write=False) as stores:
            scan = stores.ledger.latest(site_id, ScanStatus.DONE)
            report = stores.ledger.report(scan.id) if scan else None
            return report, stores.snapshots.item_counts(site_id)

    def _as_last_time(self, report: ScanReport) -> Estimate:
        scan, spending = report.scan, report.spending
        took = (scan.finished_at or scan.started_at) - scan.started_at
        return Estimate(
            report.spaces,
            spending.calls,
            spending.points,
            max(took, self._by_quota(spending.points)),
            is_guess=False,
        )

    def _guess(
        self, spaces: list[Space], items_of: Mapping[str, int], asking: int
    ) -> Estimate:
        items = sum(items_of.get(space.id, ITEMS_PER_SPACE) for space in spaces)
        grants = GRANTS_PER_SPACE * len(spaces)
        grant_calls = len(spaces) * ceil(GRANTS_PER_SPACE / ROWS_PER_CALL)
        calls = asking + grant_calls + ceil(items / ITEMS_PER_CALL)
        points = calls + POINTS_PER_GRANT * grants + items
        at_work = timedelta(seconds=calls * SECONDS_PER_CALL / self.concurrency)
        duration = max(at_work, self._by_quota(points))
        return Estimate(
            len(spaces), calls, points, duration, is_guess=True, asking=asking
        )

    def _by_quota(self, points: int) -> timedelta:
        """Return how long the budget makes a scan wait; an hour's worth is at hand."""
        return max(0, ceil(points / self.points_per_hour) - 1) * HOUR
