"""Turns the rows of scans and units into values and back."""

from typing import Any

from sqlalchemy import Row, Select, select

from connector.domain.scan import (
    Scan,
    ScanKind,
    ScanStatus,
    Unit,
    UnitKind,
    UnitStatus,
    Urgency,
)
from connector.store.json_values import dump_value, load_value
from connector.store.tables import installations, scans

NOBODY = ""
"""The owner of a unit that is free."""


def scan_row(scan: Scan) -> dict[str, Any]:
    """Return a scan as a row."""
    return {
        "id": scan.id,
        "site_id": scan.site_id,
        "only_spaces": _joined(sorted(scan.only_spaces)),
        "status": scan.status.value,
        "started_at": scan.started_at,
        "finished_at": scan.finished_at,
        "error": scan.error,
        "urgency": scan.urgency.value,
        "setbacks": scan.setbacks,
        "rest_until": scan.rest_until,
        "kind": scan.kind.value,
    }


def scan_of(row: Row[Any]) -> Scan:
    """Return a row as a scan."""
    return Scan(
        id=row.id,
        site_id=row.site_id,
        started_at=row.started_at,
        only_spaces=frozenset(_split(row.only_spaces)),
        status=ScanStatus(row.status),
        finished_at=row.finished_at,
        error=row.error,
        urgency=Urgency(row.urgency),
        setbacks=row.setbacks,
        rest_until=row.rest_until,
        kind=ScanKind(row.kind),
    )


def newest_of_each_site(
    status: ScanStatus | None = None, kind: ScanKind | None = None
) -> Select[Any]:
    """Return what selects the newest scan of each installed site, one look-up each.

    Of a kind are scans of a whole site only.
    """
    site_ids = select(installations.c.site_id).distinct().subquery()
    newest = select(scans.c.number).where(scans.c.site_id == site_ids.c.site_id)
    if status is not None:
        newest = newest.where(scans.c.status == status.value)
    if kind is not None:
        whole = scans.c.only_spaces == _joined([])
        newest = newest.where(scans.c.kind == kind.value, whole)
    newest = newest.order_by(scans.c.number.desc()).limit(1)
    number = newest.correlate(site_ids).scalar_subquery()
    return select(scans).join(site_ids, scans.c.number == number)


def unit_row(scan_id: str, unit: Unit) -> dict[str, Any]:
    """Return a unit as a row of a scan, leased by nobody."""
    return {
        "scan_id": scan_id,
        "id": unit.id,
        "kind": unit.kind.value,
        "space_ids": _joined(list(unit.space_ids)),
        "cursor": unit.cursor,
        "status": unit.status.value,
        "owner": NOBODY,
        "attempts": unit.attempts,
        "error": unit.error,
        "failures": unit.failures,
        "deaths": unit.deaths,
    }


def unit_of(row: Row[Any]) -> Unit:
    """Return a row as a unit."""
    return Unit(
        scan_id=row.scan_id,
        id=row.id,
        kind=UnitKind(row.kind),
        space_ids=tuple(_split(row.space_ids)),
        cursor=row.cursor,
        status=UnitStatus(row.status),
        attempts=row.attempts,
        error=row.error,
        failures=row.failures,
        deaths=row.deaths,
    )


def _joined(texts: list[str]) -> str:
    return dump_value(texts)


def _split(joined: str) -> list[str]:
    return load_value(joined, list[str])
