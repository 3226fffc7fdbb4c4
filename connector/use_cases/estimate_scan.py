"""Says what a scan will cost before it starts, by the last one or by the spaces."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from math import ceil

from connector.domain.forecast import Forecast
from connector.domain.installation import Installation
from connector.domain.points import HOUR, Budget
from connector.domain.ports import SiteReader
from connector.domain.scan import ScanKind, ScanReport, ScanStatus
from connector.domain.store_ports import Begin
from connector.use_cases.choose_spaces import refuse_left_out, refuse_unknown
from connector.use_cases.expect_cost import expected_cost

SECONDS_PER_CALL = 0.3


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a scan will cost, and how long it takes: ``duration`` is most likely.

    ``asking`` is what it took to find out, in calls.
    """

    spaces: int
    forecast: Forecast
    least: timedelta
    duration: timedelta
    most: timedelta
    asking: int = 0
    kind: ScanKind = ScanKind.FULL


@dataclass(frozen=True, slots=True)
class EstimateScan:
    """Looks at the last scan or, without one, asks the site for its spaces.

    ``budget_of`` says how many points an hour there are for a site.
    """

    begin: Begin
    open_reader: Callable[[Installation], SiteReader]
    budget_of: Callable[[Installation], Budget]
    concurrency: int

    async def __call__(
        self,
        installation: Installation,
        only_spaces: frozenset[str] = frozenset(),
        kind: ScanKind = ScanKind.FULL,
    ) -> Estimate:
        """Return the cost of a scan, of some spaces or of all.

        Raises NotFoundError or UsageError for spaces that cannot be scanned.
        """
        refuse_left_out(only_spaces, installation)
        site_id = installation.site.cloud_id
        report, known = self._known(site_id)
        if report and not only_spaces and not report.scan.only_spaces:
            return self._estimate(installation, known, kind)
        reader = self.open_reader(installation)
        try:
            outline = await reader.outline()
            refuse_unknown(only_spaces, outline, installation)
            spaces = [
                space
                for space in outline.spaces
                if installation.settings.covers(space.key)
                and (not only_spaces or space.key in only_spaces)
            ]
            new = [space for space in spaces if space.id not in known]
            counted = await reader.count_items(new) if new else None
            asking = reader.spending.calls
        finally:
            await reader.aclose()
        ids = frozenset(space.id for space in spaces)
        return self._estimate(installation, ids, kind, counted, asking)

    def _known(self, site_id: str) -> tuple[ScanReport | None, frozenset[str]]:
        with self.begin(write=False) as stores:
            scan = stores.ledger.latest(site_id, ScanStatus.DONE)
            report = stores.ledger.report(scan.id) if scan else None
            return report, frozenset(stores.snapshots.item_counts(site_id))

    def _estimate(
        self,
        installation: Installation,
        space_ids: frozenset[str],
        kind: ScanKind,
        counted: int | None = None,
        asking: int = 0,
    ) -> Estimate:
        site_id = installation.site.cloud_id
        with self.begin(write=False) as stores:
            cost = expected_cost(stores, site_id, space_ids, counted, kind)
        limit = self.budget_of(installation).limit(is_interactive=False)
        least, likely, most = (
            self._lasting(calls, points, limit)
            for calls, points in zip(cost.calls.all, cost.points.all, strict=True)
        )
        spaces = len(space_ids)
        return Estimate(spaces, cost, least, likely, most, asking, kind)

    def _lasting(self, calls: int, points: int, limit: int) -> timedelta:
        """Return how long a scan takes; an hour's worth of points is at hand."""
        at_work = timedelta(seconds=calls * SECONDS_PER_CALL / self.concurrency)
        waits = max(0, ceil(points / max(limit, 1)) - 1) * HOUR
        return max(at_work, waits)
