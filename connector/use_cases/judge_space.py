"""Judges one space: detect, ask Confluence where asked to, reconcile, keep."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from casb_sdk import (
    Account,
    Finding,
    People,
    Refusal,
    SpaceAccess,
    SpaceSnapshot,
)
from casb_sdk.content import ContentTable
from casb_sdk.model import NodeState
from connector.domain.detection import Detection
from connector.domain.finding_state import (
    Status,
    TrackedFinding,
    finding_id_of,
)
from connector.domain.freshness import SpaceAge
from connector.domain.ports import Detectors
from connector.domain.reading import Fate
from connector.domain.scan import Reading
from connector.domain.sight import Sight, rests_on
from connector.domain.store_ports import Begin, Stores
from connector.domain.triage import reconcile
from connector.use_cases.kept_refusals import with_refusals
from connector.use_cases.lease import Lease
from connector.use_cases.readings import ReadingKind, SpaceReport, reading
from connector.use_cases.scan_facts import ScanFacts
from connector.use_cases.terms import Terms
from connector.use_cases.verify_findings import Answers, answers_to

CURRENT = "current"


@dataclass(frozen=True, slots=True)
class JudgeSpace:
    """Turns a snapshot into findings and keeps both, in one transaction."""

    begin: Begin
    detectors: Detectors
    terms: Terms

    async def __call__(
        self, snapshot: SpaceSnapshot, facts: ScanFacts, lease: Lease, cursor: str
    ) -> None:
        """Judge a space and step the unit's cursor past it."""
        people = facts.people()
        access, detection = await asyncio.to_thread(self._detect, snapshot, people)
        said = Answers()
        if self.terms.verify:
            found, any_item = detection.findings, _any_item(snapshot)
            said = await answers_to(found, any_item, facts.reader)
            if said.refusals:
                access, detection = await asyncio.to_thread(
                    self._detect, snapshot, people, said.refusals
                )
        missing = await asyncio.to_thread(self._missing, access, detection.findings)
        fates = dict.fromkeys(missing, Fate.UNASKED)
        if missing:
            fates |= await facts.reader.content_fates(missing)
        sight = Sight(
            coverage=snapshot.coverage | facts.coverage,
            failed_detectors=detection.failed_detectors,
            unjudged=blind_branches(access),
            doors=facts.groups_with_access(),
            fates=fates,
        )

        def write(stores: Stores) -> Iterable[Reading]:
            age = self._age(stores, snapshot, facts)
            report = self._keep(stores, access, detection, sight, facts.accounts, age)
            noted = report.noting(said.mismatches)
            if said.refusals:
                kept = with_refusals(snapshot, said.refusals)
                stores.snapshots.save_space(
                    self.terms.site_id, self.terms.scan_id, kept
                )
            return [reading(ReadingKind.SPACE_REPORT, snapshot.space.id, noted)]

        await lease.stage_with(write, cursor=cursor)

    def _detect(
        self,
        snapshot: SpaceSnapshot,
        people: People,
        refusals: frozenset[Refusal] = frozenset(),
    ) -> tuple[SpaceAccess, Detection]:
        access = SpaceAccess(snapshot, people, refusals)
        detection = self.detectors.run_space(
            access, self.terms.enabled, self.terms.policy.config
        )
        return access, detection

    def _missing(
        self, access: SpaceAccess, findings: Sequence[Finding]
    ) -> frozenset[str]:
        """Return the items that findings no longer found rest on and nobody saw."""
        site_id = self.terms.site_id
        found = {finding.fingerprint(site_id) for finding in findings}
        with self.begin(write=False) as stores:
            known = stores.findings.known(site_id, access.space.id)
        grounds = [
            rests_on(tracked.finding)
            for key, tracked in known.items()
            if key not in found and tracked.status is not Status.RESOLVED
        ]
        if not any(grounds):
            return frozenset()
        seen = _seen_ids(access.snapshot.content)
        return frozenset().union(*(ids for ids in grounds if not ids & seen))

    def _keep(
        self,
        stores: Stores,
        access: SpaceAccess,
        detection: Detection,
        sight: Sight,
        accounts: Mapping[str, Account],
        age: SpaceAge,
    ) -> SpaceReport:
        """Bring the findings up to date with those known at this moment."""
        snapshot, terms = access.snapshot, self.terms
        # First, since nobody else changes findings once they were looked at.
        stores.snapshots.save_space(terms.site_id, terms.scan_id, snapshot, age)
        known = self._known(stores, access.space.id, detection.findings)
        sight = replace(
            sight,
            retired_detectors=terms.retired(known) - detection.failed_detectors,
            reclassified=terms.reclassified(known, accounts),
        )
        occasion = terms.occasion(access.space.id, terms.decisions(stores))
        changes = reconcile(known, detection.findings, sight, occasion)
        stores.findings.save(changes)
        return SpaceReport(
            items=len(snapshot.content) - len(snapshot.content.states),
            coverage=snapshot.coverage,
            changes=dict(Counter(change.type.value for change in changes)),
            failures=tuple(str(failure) for failure in detection.failures),
        )

    def _age(
        self, stores: Stores, snapshot: SpaceSnapshot, facts: ScanFacts
    ) -> SpaceAge:
        """Return how old a snapshot is: this scan may have read a part of it only."""
        started = stores.ledger.scan(self.terms.scan_id).started_at
        age = SpaceAge(started, started, started, listed_by_search(snapshot.content))
        plan, id_ = facts.plan, snapshot.space.id
        if facts.kept is None or id_ not in plan.kept:
            return age
        before = facts.kept.ages[id_]
        grants_at = started if id_ in plan.grants else before.grants_at
        return replace(age, whole_at=before.whole_at, grants_at=grants_at)

    def _known(
        self, stores: Stores, space_id: str, findings: Sequence[Finding]
    ) -> Mapping[str, TrackedFinding]:
        """Return the findings of a space, with those on items that moved into it."""
        known = dict(stores.findings.known(self.terms.site_id, space_id))
        if self.terms.is_first:
            return known
        for finding in findings:
            key = finding.fingerprint(self.terms.site_id)
            if key not in known and rests_on(finding) == {finding.resource.id}:
                moved = stores.findings.get(finding_id_of(key))
                if moved is not None:
                    known[key] = moved
        return known


def blind_branches(access: SpaceAccess) -> frozenset[str]:
    """Return the items nobody could judge, and all that stand above one."""
    if not access.unjudged:
        return frozenset()
    content = access.snapshot.content
    rows: set[int] = set()
    for row, id_ in enumerate(content.ids):
        if id_ in access.unjudged:
            while row >= 0 and row not in rows:
                rows.add(row)
                row = content.parents[row]  # noqa: PLW2901
    return frozenset(content.ids[row] for row in rows)


def _seen_ids(content: ContentTable) -> frozenset[str]:
    """Return the items whose restrictions were read, whether or not listed."""
    return frozenset(
        id_
        for row, id_ in enumerate(content.ids)
        if content.states.get(row) is not NodeState.MISSING
    )


def listed_by_search(content: ContentTable) -> int:
    """Return how many items a search for current content lists."""
    statuses = enumerate(content.statuses)
    return sum(s == CURRENT and row not in content.states for row, s in statuses)


def _any_item(snapshot: SpaceSnapshot) -> str:
    """Return an item that Confluence can be asked about, if there is one."""
    content = snapshot.content
    listed = (id_ for row, id_ in enumerate(content.ids) if row not in content.states)
    return next(listed, snapshot.space.homepage_id)
