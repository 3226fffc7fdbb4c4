"""A scan in a few words."""

from datetime import UTC, datetime, timedelta

from connector.domain.scan import Reading, Unit, UnitKind
from connector.domain.store_ports import Begin

NOW = datetime(2026, 11, 23, 9, 30, 0, 123456, UTC)
LEASE = timedelta(minutes=5)
IN_TIME = NOW + LEASE / 2
TOO_LATE = NOW + LEASE


def start_scan(begin: Begin, *shards: str, site_id: str = "acme") -> str:
    """Start a scan, read its directory and add its shards and the site unit."""
    with begin() as stores:
        scan, _ = stores.ledger.start(site_id, (), NOW)
    if shards:
        [directory] = claim(begin, scan.id)
        with begin() as stores:
            stores.ledger.add_units(
                scan.id,
                [
                    *(Unit(scan.id, shard, UnitKind.SHARD) for shard in shards),
                    Unit(scan.id, "site", UnitKind.SITE),
                ],
            )
            stores.ledger.finish_unit(directory, "me")
    return scan.id


def claim(
    begin: Begin,
    scan_id: str,
    owner: str = "me",
    now: datetime = NOW,
    limit: int = 10,
) -> list[Unit]:
    """Claim units of a scan."""
    with begin() as stores:
        return list(stores.ledger.claim(scan_id, owner, now, LEASE, limit))


def stage(
    begin: Begin, unit: Unit, page: str, owner: str = "me", cursor: str = ""
) -> Unit:
    """Keep a page that was read and step the cursor to it, or elsewhere."""
    read = Reading("page", unit.id, page.encode(), part=page)
    with begin() as stores:
        return stores.ledger.stage(unit, owner, [read], cursor or page, TOO_LATE)


def finish(begin: Begin, unit: Unit, owner: str = "me") -> None:
    """Mark a unit done."""
    with begin() as stores:
        stores.ledger.finish_unit(unit, owner)


def staged(begin: Begin, scan_id: str) -> list[str]:
    """Return the pages kept so far."""
    with begin(write=False) as stores:
        return [r.payload.decode() for r in stores.ledger.readings(scan_id, "page")]
