"""Reads what stands today a page at a time, by keys that never change."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select

from connector.domain.installation import Installation
from connector.domain.listing import FindingFilter, ListedFinding, ListedScan
from connector.domain.scan import ScanReport, ScanStatus
from connector.store.column_types import escaped, is_one_of
from connector.store.finding_rows import RANKS, key_of
from connector.store.installation_store import SqlInstallationStore
from connector.store.joined_findings import JoinedFindings
from connector.store.json_values import load_value
from connector.store.prepared import Prepared
from connector.store.scan_rows import scan_of
from connector.store.tables import findings, scans

EVERY_SPACE = "[]"
LAST_SCANS = Prepared(
    lambda dialect: select(scans).where(
        scans.c.number.in_(
            select(func.max(scans.c.number))
            .where(
                is_one_of(scans.c.site_id, "site_ids", dialect),
                scans.c.status == ScanStatus.DONE.value,
                scans.c.only_spaces == EVERY_SPACE,
            )
            .group_by(scans.c.site_id)
        )
    )
)


class SqlListings:
    """Pages of findings and scans, and the state of sites."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._joined = JoinedFindings(connection)

    def findings(
        self, wanted: FindingFilter, after: int, limit: int
    ) -> Sequence[ListedFinding]:
        """Return findings with larger numbers than ``after``, in their order."""
        table = findings
        page = _filtered(select(table), wanted).where(table.c.number > after)
        rows = self._connection.execute(page.order_by(table.c.number).limit(limit))
        return self._listed(rows.all())

    def finding(self, finding_id: str) -> ListedFinding | None:
        """Return one finding."""
        try:
            key = key_of(finding_id)
        except ValueError:
            return None
        wanted = select(findings).where(findings.c.id == key)
        found = self._listed(self._connection.execute(wanted).all())
        return next(iter(found), None)

    def scans(
        self, site_ids: Collection[str], before: int | None, limit: int
    ) -> Sequence[ListedScan]:
        """Return scans with smaller numbers than ``before``, the newest first."""
        wanted = select(scans).where(scans.c.site_id.in_(site_ids))
        if before is not None:
            wanted = wanted.where(scans.c.number < before)
        ordered = wanted.order_by(scans.c.number.desc()).limit(limit)
        return [_scan(row) for row in self._connection.execute(ordered)]

    def last_scans(self, site_ids: Collection[str]) -> Mapping[str, ListedScan]:
        """Return the last whole scan of each site that came to its end."""
        asked = {"site_ids": list(map(escaped, site_ids))}
        rows = LAST_SCANS.rows(self._connection, asked)
        return {row.site_id: _scan(row) for row in rows}

    def sites(self, site_ids: Collection[str]) -> Sequence[Installation]:
        """Return the installations of sites, ended ones until they are purged."""
        return SqlInstallationStore(self._connection).of_sites(site_ids)

    def _listed(self, rows: Sequence[Row[Any]]) -> Sequence[ListedFinding]:
        return [
            ListedFinding(row.number, row.changed_at, row.change_seq, tracked)
            for row, tracked in zip(rows, self._joined.of(rows), strict=True)
        ]


def _filtered(page: Select[Any], wanted: FindingFilter) -> Select[Any]:
    table = findings
    page = page.where(table.c.site_id.in_(wanted.site_ids))
    for column, values in (
        (table.c.detector_id, wanted.finding_types),
        (table.c.severity, [RANKS[severity] for severity in wanted.severities]),
        (table.c.status, [status.value for status in wanted.statuses]),
        (table.c.resource_type, wanted.resource_types),
    ):
        if values:
            page = page.where(column.in_(values))
    if wanted.updated_since is not None:
        page = page.where(table.c.changed_at >= wanted.updated_since)
    if not wanted.with_implied:
        page = page.where(table.c.implied_by.is_(None))
    return page


def _scan(row: Row[Any]) -> ListedScan:
    report = load_value(row.report, ScanReport) if row.report else None
    return ListedScan(row.number, scan_of(row), report)
