"""What a scan will cost by what is stored: the last report, else the last snapshots."""

from collections.abc import Collection

from connector.domain.forecast import Forecast, as_last_time, forecast
from connector.domain.scan import ScanStatus
from connector.domain.store_ports import Stores

FEW = 0.05
"""The share of spaces that may have come or gone since."""


def expected_cost(
    stores: Stores,
    site_id: str,
    space_ids: Collection[str],
    counted: int | None = None,
) -> Forecast:
    """Return the forecast of a scan of some spaces.

    ``counted`` is how many items the spaces have together of which no snapshot is.
    """
    items_of = stores.snapshots.item_counts(site_id)
    last = stores.ledger.latest(site_id, ScanStatus.DONE)
    report = stores.ledger.report(last.id) if last else None
    other = len(items_of.keys() ^ set(space_ids))
    is_like_last = other <= FEW * len(space_ids)
    if report and is_like_last and not report.scan.only_spaces:
        return as_last_time(report.spending)
    return forecast(space_ids, items_of, counted)
