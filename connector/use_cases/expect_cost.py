"""What a scan will cost by what is stored: the last report, else the last snapshots."""

from collections.abc import Collection

from connector.domain.forecast import (
    Forecast,
    as_last_time,
    forecast,
    incremental_forecast,
)
from connector.domain.scan import ScanKind, ScanStatus
from connector.domain.store_ports import Stores

FEW = 0.05
"""The share of spaces that may have come or gone since."""


def expected_cost(
    stores: Stores,
    site_id: str,
    space_ids: Collection[str],
    counted: int | None = None,
    kind: ScanKind = ScanKind.FULL,
) -> Forecast:
    """Return the forecast of a scan of some spaces.

    ``counted`` is how many items the spaces have together of which no snapshot is. Of a
    site that was never scanned whole, an incremental scan reads everything.
    """
    age = None
    if kind is ScanKind.INCREMENTAL:
        age = stores.snapshots.site_age(site_id)
    of_kind = kind if age else ScanKind.FULL
    items_of = stores.snapshots.item_counts(site_id)
    last = stores.ledger.latest(site_id, ScanStatus.DONE, of_kind)
    report = stores.ledger.report(last.id) if last else None
    other = len(items_of.keys() ^ set(space_ids))
    is_like_last = other <= FEW * len(space_ids)
    if report and is_like_last and not report.scan.only_spaces:
        return as_last_time(report.spending)
    if age:
        full = expected_cost(stores, site_id, space_ids, counted)
        return incremental_forecast(full, len(space_ids), len(age.groups))
    return forecast(space_ids, items_of, counted)
