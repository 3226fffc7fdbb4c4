"""The last unit of a scan: people on the site, spaces that are gone, the report."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from casb_sdk import (
    Coverage,
    Directory,
    GapKind,
    People,
    SiteAccess,
    SpaceSnapshot,
)
from casb_sdk.model import Membership
from connector.domain.advice import advice_on
from connector.domain.detection import Detection
from connector.domain.finding_state import Change, Status
from connector.domain.forecast import Forecast
from connector.domain.ports import Detectors
from connector.domain.reading import Fate, Spending
from connector.domain.scan import ScanReport, ScanStatus, Unit, UnitStatus
from connector.domain.sight import Sight
from connector.domain.store_ports import Begin, Stores
from connector.domain.triage import reconcile
from connector.use_cases.lease import Lease
from connector.use_cases.purse import Purse
from connector.use_cases.readings import ReadingKind, SpaceReport, value_of
from connector.use_cases.renewal import renewal_of, site_age
from connector.use_cases.scan_ending import PARKED, Ending
from connector.use_cases.scan_facts import ScanFacts
from connector.use_cases.terms import Terms

SITE = ""
MOST_NOTES = 20


@dataclass(frozen=True, slots=True)
class FinishScan:
    """Judges the site as a whole and closes the scan.

    ``covers`` tells whether the settings of the site include a space.
    """

    begin: Begin
    detectors: Detectors
    terms: Terms
    covers: Callable[[str], bool]

    async def __call__(self, lease: Lease, facts: ScanFacts, purse: Purse) -> None:
        """Do what can only be done when every space has been judged."""
        missing = await asyncio.to_thread(self._missing_spaces, facts)
        fates = dict.fromkeys(missing, Fate.UNASKED)
        if missing:
            fates |= await facts.reader.space_fates(missing)
        ending = await asyncio.to_thread(self._ending, lease.unit, facts, fates)
        spent = facts.reader.spending
        await asyncio.to_thread(self._close, lease, facts, ending, purse, spent)

    def _missing_spaces(self, facts: ScanFacts) -> frozenset[str]:
        """Return the spaces with findings that the site does not list any more."""
        listed = {space.id for space in facts.framed.spaces}
        with self.begin(write=False) as stores:
            known = stores.findings.known_spaces(self.terms.site_id)
            people = stores.findings.known(self.terms.site_id, SITE).values()
        reached = {
            space.id
            for tracked in people
            if tracked.status is not Status.RESOLVED and tracked.finding.affected
            for space in tracked.finding.affected.sample
        }
        return (known | reached) - listed - {SITE}

    def _ending(
        self, unit: Unit, facts: ScanFacts, fates: Mapping[str, Fate]
    ) -> Ending:
        """Work out, without keeping any writer waiting, what there is to write."""
        with self.begin(write=False) as stores:
            scan = stores.ledger.scan(unit.scan_id)
            units = stores.ledger.units(unit.scan_id)
            parked = tuple(u for u in units if u.status is UnitStatus.PARKED)
            directory = facts.directory()
            if scan.only_spaces or parked:
                earlier = stores.snapshots.directory(self.terms.site_id)
                directory = completed(directory, earlier)
            people = People.of(directory, self.terms.audience)
            site = SiteAccess.of(people, self._spaces(stores, facts))
            detection = self.detectors.run_site(
                site, self.terms.enabled, self.terms.policy.config
            )
            reports = {
                read.key: value_of(read, SpaceReport)
                for read in stores.ledger.readings(scan.id, ReadingKind.SPACE_REPORT)
            }
            renewal = renewal_of(stores, facts, scan, reports.keys())
        return Ending(scan, reports, parked, fates, directory, detection, renewal)

    def _close(
        self,
        lease: Lease,
        facts: ScanFacts,
        ending: Ending,
        purse: Purse,
        spent: Spending,
    ) -> None:
        with purse.paying(spent) as stores:
            stores.ledger.finish_unit(lease.unit, lease.owner)
            changes = [
                *self._judge_site(stores, ending, facts),
                *self._judge_missing(stores, ending.fates, facts),
                *self._judge_excluded(stores, facts),
                *self._judge_unread(stores, ending.unread),
            ]
            stores.findings.save(changes)
            self._keep(stores, ending, facts)
            stores.ledger.finish(self._report(stores, ending, changes))

    def _spaces(self, stores: Stores, facts: ScanFacts) -> Iterator[SpaceSnapshot]:
        """Yield the grants of every space in scope, of this scan where it read them."""
        covered = [space for space in facts.framed.spaces if self.covers(space.key)]
        for space in covered:
            if grants := facts.grants.get(space.id):
                yield SpaceSnapshot(space, grants.grants, grants.assignments)
        if others := {space.id for space in covered} - facts.grants.keys():
            kept = stores.snapshots.spaces(self.terms.site_id, with_content=False)
            yield from (snapshot for snapshot in kept if snapshot.space.id in others)

    def _judge_site(
        self, stores: Stores, ending: Ending, facts: ScanFacts
    ) -> list[Change]:
        known = stores.findings.known(self.terms.site_id, SITE)
        found, failed = ending.detection.findings, ending.detection.failed_detectors
        if ending.scan.only_spaces:
            # Who left a part of the site may still be in another one.
            seen = {finding.fingerprint(self.terms.site_id) for finding in found}
            known = {key: tracked for key, tracked in known.items() if key in seen}
        sight = Sight(
            coverage=ending.coverage,
            failed_detectors=failed,
            retired_detectors=self.terms.retired(known) - failed,
            doors=facts.groups_with_access() | facts.groups_with_grants(),
            reclassified=self.terms.reclassified(known, facts.accounts),
            excluded_spaces=self._excluded(facts),
            fates=ending.fates,
        )
        occasion = self.terms.occasion(SITE, self.terms.decisions(stores))
        return reconcile(known, found, sight, occasion)

    def _judge_missing(
        self, stores: Stores, fates: Mapping[str, Fate], facts: ScanFacts
    ) -> Iterator[Change]:
        for space_id, fate in fates.items():
            sight = Sight(coverage=_spaces_gap(facts), space_fate=fate)
            yield from self._unfound(stores, space_id, sight)

    def _judge_excluded(self, stores: Stores, facts: ScanFacts) -> Iterator[Change]:
        open_in = stores.findings.known_spaces(self.terms.site_id)
        for space_id in sorted(self._excluded(facts) & open_in):
            yield from self._unfound(stores, space_id, Sight(is_excluded=True))

    def _judge_unread(
        self, stores: Stores, space_ids: Iterable[str]
    ) -> Iterator[Change]:
        for space_id in sorted(space_ids):
            yield from self._unfound(stores, space_id, Sight(unseen=PARKED))

    def _unfound(self, stores: Stores, space_id: str, sight: Sight) -> list[Change]:
        known = stores.findings.known(self.terms.site_id, space_id)
        occasion = self.terms.occasion(space_id, self.terms.decisions(stores))
        return reconcile(known, (), sight, occasion)

    def _excluded(self, facts: ScanFacts) -> frozenset[str]:
        return frozenset(s.id for s in facts.framed.spaces if not self.covers(s.key))

    def _keep(self, stores: Stores, ending: Ending, facts: ScanFacts) -> None:
        """Keep the directory; drop the snapshots that nothing refers to any more."""
        site_id = self.terms.site_id
        before = stores.snapshots.site_age(site_id)
        age = site_age(before, facts, ending.scan, self.terms.viewer)
        stores.snapshots.save_directory(
            site_id, self.terms.scan_id, ending.directory, age
        )
        gone = self._excluded(facts)
        if not _spaces_gap(facts).gaps:
            listed = {space.id for space in facts.framed.spaces}
            unlisted = stores.snapshots.item_counts(site_id).keys() - listed
            gone |= unlisted - stores.findings.known_spaces(site_id)
        stores.snapshots.forget_spaces(site_id, gone)

    def _report(
        self, stores: Stores, ending: Ending, changes: Iterable[Change]
    ) -> ScanReport:
        reports, scan = ending.reports.values(), ending.scan
        standing = stores.findings.counts(self.terms.site_id)
        judged_before = self.terms.audience_before if scan.only_spaces else None
        return ScanReport(
            scan=replace(
                scan, status=ScanStatus.DONE, finished_at=self.terms.now(), error=""
            ),
            spaces=len(reports),
            items=sum(report.items for report in reports),
            coverage=ending.coverage,
            spending=stores.ledger.spent(scan.id),
            changes=_counted(reports, changes),
            open_findings=standing.by_severity,
            implied_findings=standing.implied,
            parked=tuple(unit.id for unit in ending.parked),
            detector_failures=_failures(reports, ending.detection),
            notes=(*advice_on(ending.coverage), *_notes(reports)),
            forecast=next(
                (
                    value_of(read, Forecast)
                    for read in stores.ledger.readings(scan.id, ReadingKind.FORECAST)
                ),
                None,
            ),
            audience_policy=judged_before or self.terms.audience,
            renewal=ending.renewal,
        )


def completed(directory: Directory, earlier: Directory | None) -> Directory:
    """Return a directory with the people and groups that only an earlier one knows."""
    if earlier is None:
        return directory
    unread = {
        id_: replace(earlier.groups[id_], access_types=group.access_types)
        for id_, group in directory.groups.items()
        if group.membership is Membership.UNREAD and id_ in earlier.groups
    }
    return replace(
        directory,
        accounts={**earlier.accounts, **directory.accounts},
        groups={**earlier.groups, **directory.groups, **unread},
    )


def _spaces_gap(facts: ScanFacts) -> Coverage:
    """Return the gap of a listing of spaces that broke: nothing was seen to go."""
    gaps = facts.framed.coverage.gaps
    return Coverage(tuple(gap for gap in gaps if gap.kind is GapKind.SPACES))


def _counted(
    reports: Iterable[SpaceReport], changes: Iterable[Change]
) -> dict[str, int]:
    counts = Counter(change.type.value for change in changes)
    for report in reports:
        counts.update(report.changes)
    return dict(counts)


def _notes(reports: Iterable[SpaceReport]) -> tuple[str, ...]:
    """Return the first notes of the spaces, and how many more there are."""
    notes = list(dict.fromkeys(note for report in reports for note in report.notes))
    rest = len(notes) - MOST_NOTES
    more = [f"and {rest:,} more like this"] if rest > 0 else []
    return (*notes[:MOST_NOTES], *more)


def _failures(reports: Iterable[SpaceReport], detection: Detection) -> tuple[str, ...]:
    failures = [failure for report in reports for failure in report.failures]
    failures += [str(failure) for failure in detection.failures]
    return tuple(dict.fromkeys(failures))
