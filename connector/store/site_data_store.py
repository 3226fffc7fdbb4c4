"""Deletes what is kept about a site."""

from datetime import datetime

from sqlalchemy import Connection, delete, select

from connector.domain.scan import ScanStatus
from connector.store.erasing import erasing
from connector.store.name_marks import names_changed
from connector.store.scan_ledger import SqlScanLedger
from connector.store.tables import findings, metadata, scans

KEPT = frozenset({"installations", "installation_log", "consents"})
"""Tables that speak of a site and are no site data: tombstones and attempts."""


class SqlSiteDataStore:
    """Every table with a column ``site_id`` holds site data, but for a few.

    So does what is kept about one finding.
    """

    def __init__(self, connection: Connection, ledger: SqlScanLedger) -> None:
        self._connection = connection
        self._ledger = ledger

    def cancel_scans(self, site_id: str, at: datetime) -> int:
        """End the running scan of a site; returns how many there were."""
        running = select(scans.c.id).where(
            scans.c.site_id == site_id, scans.c.status == ScanStatus.RUNNING
        )
        ids = self._connection.scalars(running).all()
        return sum(self._ledger.cancel(id_, at) for id_ in ids)

    def erase(self, site_id: str) -> None:
        """Delete findings, snapshots, scans, names and policies of a site."""
        with erasing(self._connection):
            of_site = select(findings.c.id).where(findings.c.site_id == site_id)
            for table in metadata.sorted_tables:
                if "finding_id" in table.c and "site_id" not in table.c:
                    about = table.c.finding_id.in_(of_site)
                    self._connection.execute(delete(table).where(about))
            for table in reversed(metadata.sorted_tables):
                if "site_id" in table.c and table.name not in KEPT:
                    self._connection.execute(
                        delete(table).where(table.c.site_id == site_id)
                    )
            names_changed(self._connection)
