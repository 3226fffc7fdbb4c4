"""Ends a scan whose directory or last unit brings down every worker that does it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from casb_sdk import Coverage, Gap, GapKind
from connector.domain.finding_state import Change
from connector.domain.reading import Spending
from connector.domain.scan import (
    Scan,
    ScanKind,
    ScanReport,
    ScanStatus,
    Unit,
    UnitKind,
    UnitStatus,
)
from connector.domain.sight import Sight
from connector.domain.store_ports import Begin, Stores
from connector.domain.triage import reconcile
from connector.use_cases.lease import Lease
from connector.use_cases.purse import Purse
from connector.use_cases.readings import ReadingKind, SpaceReport, value_of
from connector.use_cases.scan_ending import PARKED
from connector.use_cases.terms import Terms

SITE = ""
MISSED = {UnitKind.DIRECTORY: GapKind.SPACES, UnitKind.SITE: GapKind.ACCOUNT}
"""What a scan knows nothing of without a unit."""


@dataclass(frozen=True, slots=True)
class GiveUpScan:
    """Parks a unit without which a scan does not end, and writes the report itself.

    The scan has failed: what it judged until then stays, what it did not come to is
    unseen, and nothing of that is resolved. Nothing is read here and nothing detected,
    since that may be what is deadly.
    """

    begin: Begin
    terms: Terms
    purse: Purse

    def __call__(self, lease: Lease, spent: Spending) -> None:
        """Park the unit and close its scan."""
        unit = lease.unit
        why = f"{unit.deaths} workers in a row died of it."
        with self.purse.paying(spent) as stores:
            scan = stores.ledger.scan(unit.scan_id)
            reports = {
                read.key: value_of(read, SpaceReport)
                for read in stores.ledger.readings(scan.id, ReadingKind.SPACE_REPORT)
            }
            changes = list(self._unjudged(stores, scan, unit, frozenset(reports)))
            stores.ledger.park(unit, lease.owner, why)
            stores.findings.save(changes)
            stores.ledger.finish(self._report(stores, scan, unit, reports))

    def _unjudged(
        self, stores: Stores, scan: Scan, unit: Unit, judged: frozenset[str]
    ) -> Iterator[Change]:
        """Say of the findings that were to be looked at that they were not seen."""
        site_id = self.terms.site_id
        for space_id in sorted(_wanted(stores, scan, unit) - judged):
            known = stores.findings.known(site_id, space_id)
            occasion = self.terms.occasion(space_id, self.terms.decisions(stores))
            yield from reconcile(known, (), Sight(unseen=PARKED), occasion)

    def _report(
        self, stores: Stores, scan: Scan, unit: Unit, reports: dict[str, SpaceReport]
    ) -> ScanReport:
        units = stores.ledger.units(scan.id)
        standing = stores.findings.counts(self.terms.site_id)
        unread = {id_ for each in units for id_ in each.space_ids} - reports.keys()
        gaps = [Gap(GapKind.CONTENT, space_id, PARKED) for space_id in sorted(unread)]
        given_up = Coverage((Gap(MISSED[unit.kind], unit.id, PARKED), *gaps))
        why = f"The unit {unit.id} was given up: {unit.deaths} workers died of it."
        return ScanReport(
            scan=replace(
                scan,
                status=ScanStatus.FAILED,
                finished_at=self.terms.now(),
                error=why,
            ),
            spaces=len(reports),
            items=sum(report.items for report in reports.values()),
            coverage=Coverage.merged(
                [*(report.coverage for report in reports.values()), given_up]
            ),
            spending=stores.ledger.spent(scan.id),
            open_findings=standing.by_severity,
            implied_findings=standing.implied,
            parked=tuple(u.id for u in units if u.status is UnitStatus.PARKED),
            audience_policy=self.terms.audience_before,
        )


def _wanted(stores: Stores, scan: Scan, unit: Unit) -> frozenset[str]:
    """Return the spaces, and the site, that a scan was to judge and may not have."""
    wanted = frozenset() if scan.only_spaces else frozenset({SITE})
    if scan.kind is ScanKind.FULL and not scan.only_spaces:
        # Spaces that are gone stand in no unit: nobody came to ask where they are.
        wanted |= stores.findings.known_spaces(scan.site_id)
    if unit.kind is UnitKind.SITE:
        units = stores.ledger.units(scan.id)
        return wanted.union(*(each.space_ids for each in units))
    if scan.only_spaces:
        kept = stores.snapshots.spaces(scan.site_id, with_content=False)
        spaces = (snapshot.space for snapshot in kept)
        return frozenset(it.id for it in spaces if it.key in scan.only_spaces)
    return wanted
