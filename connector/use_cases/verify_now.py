"""Verifies one finding now: reads what it rests on anew and brings it up to date."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from casb_sdk import ResourceType
from connector.domain.difference import changed_fields, evidence_digest
from connector.domain.errors import ConflictError, NotFoundError, UsageError
from connector.domain.finding_state import (
    Change,
    ChangeType,
    FindingType,
    Status,
    TrackedFinding,
)
from connector.domain.installation import Installation
from connector.domain.ports import Detectors, SiteReader
from connector.domain.readiness import require_scannable
from connector.domain.reading import Spending
from connector.domain.scan import ScanStatus
from connector.domain.store_ports import Begin, Stores
from connector.domain.triage import reconcile
from connector.domain.verification import Outcome, Verification, outcome_of
from connector.use_cases.case import Case
from connector.use_cases.judgement import Judgement
from connector.use_cases.look_at_account import LookAtAccount
from connector.use_cases.look_at_space import LookAtSpace
from connector.use_cases.terms import Terms


class Look(Protocol):
    """Looks again at what a finding rests on; asked twice, it reads only the rest."""

    async def __call__(self, *, whole: bool) -> Judgement:
        """Judge by the evidence alone, or by all that could bear the finding."""
        ...


@dataclass(frozen=True, slots=True)
class VerifyNow:
    """Reads the grounds of one finding anew, judges it on them and keeps both.

    First only what the evidence names is read: if that bears the finding out
    exactly, it is confirmed. Else all that could bear it is read before anything
    changes. Nothing is kept if a scan of the site began or ended meanwhile.
    """

    begin: Begin
    open_reader: Callable[[Installation], SiteReader]
    detectors: Detectors
    types: Mapping[str, FindingType]
    now: Callable[[], datetime]
    shipped_apps: Mapping[str, str] = field(default_factory=dict)

    async def __call__(self, finding_id: str) -> Verification:
        """Verify a finding, whatever its status.

        Raises NotFoundError for one nobody knows, ConflictError while its site is
        scanned, and what ends a scan: ConsentError, AtlassianError.
        """
        case = await asyncio.to_thread(self._case, finding_id)
        reader = self.open_reader(case.installation)
        try:
            look = await asyncio.to_thread(self._look, case, reader)
            judgement = await look(whole=False)
            is_whole = not _is_borne_out(case, judgement)
            if is_whole:
                judgement = await look(whole=True)
            spent = reader.spending
        finally:
            await reader.aclose()
        if trouble := _trouble(case, judgement, spent):
            return trouble
        return await asyncio.to_thread(
            self._settled, case, judgement, spent, is_whole=is_whole
        )

    def _case(self, finding_id: str) -> Case:
        with self.begin(write=False) as stores:
            tracked = stores.findings.get(finding_id)
            if tracked is None:
                raise NotFoundError(f"There is no finding {finding_id!r}.")
            installation = stores.installations.find(tracked.site_id)
            if installation is None:
                raise NotFoundError(
                    "The site of this finding is not connected any more.",
                    "Connect it again with `casb install`.",
                )
            require_scannable(installation)
            terms = self._terms(stores, installation)
            directory = stores.snapshots.directory(tracked.site_id)
            siblings = _siblings(stores, tracked)
        if directory is None:
            raise _never_scanned(installation)
        if tracked.finding.detector_id not in terms.enabled:
            raise UsageError(
                f"The detector {tracked.finding.detector_id} does not run on "
                f"{installation.site.url}.",
                f"Run `casb detectors enable {tracked.finding.detector_id}`.",
            )
        return Case(installation, tracked, siblings, directory, terms)

    def _terms(self, stores: Stores, installation: Installation) -> Terms:
        site_id, settings = installation.site.cloud_id, installation.settings
        _refuse_beside_scan(stores, installation)
        last = stores.ledger.latest(site_id, ScanStatus.DONE)
        if last is None:
            raise _never_scanned(installation)
        before = stores.ledger.report(last.id)
        return Terms(
            site_id=site_id,
            scan_id=last.id,
            audience=settings.audience_policy(dict(self.shipped_apps)),
            policy=stores.policies.policy(site_id),
            types=self.types,
            now=self.now,
            verify=settings.verify,
            audience_before=before.audience_policy if before else None,
        )

    def _look(self, case: Case, reader: SiteReader) -> Look:
        if case.tracked.finding.resource.type == ResourceType.ACCOUNT:
            return LookAtAccount.at(case, self.begin, reader, self.detectors)
        with self.begin(write=False) as stores:
            space_id = case.tracked.space_id
            snapshot = stores.snapshots.space(case.terms.site_id, space_id)
        site = case.installation
        if snapshot is None:
            raise ConflictError(
                "The space of this finding was not seen by the last scan.",
                f"Run `casb scan {site.site.url}`.",
            )
        if not site.settings.covers(snapshot.space.key):
            raise UsageError(
                f"The settings of {site.site.url} leave the space "
                f"{snapshot.space.key} out.",
                "Change them with `casb sites set`, and run `casb scan`.",
            )
        return LookAtSpace.at(case, snapshot, reader, self.detectors)

    def _settled(
        self, case: Case, judgement: Judgement, spent: Spending, *, is_whole: bool
    ) -> Verification:
        """Keep what was read and what changes by it, unless a scan knows better."""
        tracked = case.tracked
        with self.begin() as stores:
            # First, since nobody else changes findings once they were looked at.
            known = _siblings(stores, tracked)
            self._refuse_what_a_scan_told(stores, case)
            before = known.get(tracked.fingerprint, tracked)
            occasion = case.terms.occasion(
                tracked.space_id, case.terms.decisions(stores)
            )
            changes = reconcile(known, judgement.found, judgement.sight, occasion)
            settled = known.keys() - judgement.doubts.keys()
            kept = settled if is_whole else {tracked.fingerprint}
            changes = [c for c in changes if c.finding.fingerprint in kept]
            stores.findings.save(changes)
            self._keep_facts(stores, case, judgement)
        ours = [c.finding for c in changes if c.finding.id == before.id]
        after = next(iter(ours), before)
        return Verification(
            outcome_of(before, after),
            before,
            after,
            spent,
            tuple(changed_fields(before, after)),
            tuple(_besides(changes, before)),
        )

    def _keep_facts(self, stores: Stores, case: Case, judgement: Judgement) -> None:
        """Lay what was read over what is kept by now, so that later looks agree."""
        site_id, scan_id = case.terms.site_id, case.terms.scan_id
        directory = stores.snapshots.directory(site_id)
        if directory is not None:
            renewed = judgement.people.onto(directory)
            if renewed != directory:
                stores.snapshots.save_directory(site_id, scan_id, renewed)
        for space_id, fresh in judgement.spaces.items():
            kept = stores.snapshots.space(site_id, space_id)
            if kept is not None and (renewed_space := fresh.onto(kept)) != kept:
                stores.snapshots.save_space(site_id, scan_id, renewed_space)

    def _refuse_what_a_scan_told(self, stores: Stores, case: Case) -> None:
        _refuse_beside_scan(stores, case.installation)
        last = stores.ledger.latest(case.terms.site_id, ScanStatus.DONE)
        if last is None or last.id != case.terms.scan_id:
            raise ConflictError(
                "A scan of the site ended meanwhile, and what it says counts.",
                f"See `casb findings show {case.tracked.id}`.",
            )


def _siblings(stores: Stores, tracked: TrackedFinding) -> Mapping[str, TrackedFinding]:
    """Return the findings on the same resource, the finding itself among them."""
    resource = tracked.finding.resource
    known = stores.findings.known(tracked.site_id, tracked.space_id)
    return {
        key: each
        for key, each in known.items()
        if (each.finding.resource.type, each.finding.resource.id)
        == (resource.type, resource.id)
    }


def _is_borne_out(case: Case, judgement: Judgement) -> bool:
    """Return whether a finding was found again, exactly as it was."""
    tracked = case.tracked
    if judgement.failures or tracked.status is Status.RESOLVED or tracked.stale:
        return bool(judgement.failures)
    site_id = case.terms.site_id
    return tracked.fingerprint not in judgement.doubts and any(
        finding.fingerprint(site_id) == tracked.fingerprint
        and evidence_digest(finding) == tracked.evidence_digest
        for finding in judgement.found
    )


def _trouble(case: Case, judgement: Judgement, spent: Spending) -> Verification | None:
    """Return why nothing may change, if anything speaks against it."""
    tracked = case.tracked
    if judgement.failures:
        return Verification(
            Outcome.UNREAD, tracked, tracked, spent, failures=judgement.failures
        )
    reason = judgement.doubts.get(tracked.fingerprint, "")
    if reason and tracked.status is not Status.RESOLVED:
        return Verification(Outcome.UNSETTLED, tracked, tracked, spent, reason=reason)
    return None


def _besides(changes: Iterable[Change], tracked: TrackedFinding) -> Iterator[Change]:
    """Yield what was told of other findings on the same resource."""
    for change in changes:
        if change.finding.id != tracked.id and change.type is not ChangeType.REFRESHED:
            yield change


def _refuse_beside_scan(stores: Stores, installation: Installation) -> None:
    running = stores.ledger.latest(installation.site.cloud_id, ScanStatus.RUNNING)
    if running is not None:
        raise ConflictError(
            f"A scan of {installation.site.url} is under way and will tell.",
            "Wait for its end; one that was interrupted goes on with "
            f"`casb scan {installation.site.url}`.",
        )


def _never_scanned(installation: Installation) -> NotFoundError:
    return NotFoundError(
        f"{installation.site.url} has no stored snapshot.",
        "Run `casb scan` on it once.",
    )
