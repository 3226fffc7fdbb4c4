"""Tries a detector on the stored snapshot of a site: no call, and nothing is kept."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from casb_sdk import Directory, People, SiteAccess, SpaceAccess
from connector.domain.detection import Detection
from connector.domain.errors import ConflictError, NotFoundError
from connector.domain.finding_state import (
    Change,
    ChangeType,
    FindingType,
    Status,
    TrackedFinding,
)
from connector.domain.installation import Installation
from connector.domain.ports import Detectors
from connector.domain.scan import ScanStatus
from connector.domain.store_ports import Begin, Stores
from connector.domain.suppression import Suppressions
from connector.use_cases.detect_stored import SITE, Judged
from connector.use_cases.kept_refusals import without_refusals
from connector.use_cases.terms import Decisions, Terms

NEW = frozenset({ChangeType.CREATED, ChangeType.REOPENED})


@dataclass(frozen=True, slots=True)
class Trial:
    """What a detector would find, what is known of that, and what would end."""

    new: Sequence[TrackedFinding] = ()
    known: Sequence[TrackedFinding] = ()
    gone: Sequence[TrackedFinding] = ()

    @classmethod
    def of(cls, changes: Sequence[Change]) -> "Trial":
        """Sort what would be told of findings."""
        gone = [c for c in changes if c.finding.status is Status.RESOLVED]
        new = [c for c in changes if c.type in NEW]
        known = [c for c in changes if c not in gone and c not in new]
        return cls(*([c.finding for c in kind] for kind in (new, known, gone)))


@dataclass(frozen=True, slots=True)
class DryRun:
    """Runs one detector, whether it is enabled or not, on what the last scan saw.

    What was put aside is shown like everything else.
    """

    begin: Begin
    detectors: Detectors
    types: Mapping[str, FindingType]
    now: Callable[[], datetime]
    shipped_apps: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, installation: Installation, detector_id: str) -> Trial:
        """Return what the detector would find.

        Raises NotFoundError for a site that has not been scanned and ConflictError
        for a detector that fails.
        """
        site_id = installation.site.cloud_id
        with self.begin(write=False) as stores:
            directory = stores.snapshots.directory(site_id)
            last = stores.ledger.latest(site_id, ScanStatus.DONE)
            if directory is None or last is None:
                raise NotFoundError(
                    f"{installation.site.url} has no stored snapshot.",
                    "Run `casb scan` on it once.",
                )
            policy = stores.policies.policy(site_id)
            terms = Terms(
                site_id,
                last.id,
                installation.settings.audience_policy(dict(self.shipped_apps)),
                replace(policy, disabled=policy.disabled - {detector_id}),
                self.types,
                self.now,
            )
            known: dict[str, dict[str, TrackedFinding]] = {}
            for tracked in stores.findings.list(site_id, detector_ids=[detector_id]):
                known.setdefault(tracked.space_id, {})[tracked.fingerprint] = tracked
            decisions = Decisions(Suppressions(), terms.policy)
            changes = [
                change
                for each in self._judged(stores, terms, directory, detector_id)
                for change in each.reconciled(
                    known.get(each.space_id, {}), terms, directory.coverage, decisions
                )
            ]
        return Trial.of(changes)

    def _judged(
        self, stores: Stores, terms: Terms, directory: Directory, detector_id: str
    ) -> Iterator[Judged]:
        people = People.of(directory, terms.audience)
        site = SiteAccess(people)
        for kept in stores.snapshots.spaces(terms.site_id):
            snapshot, refusals = without_refusals(kept)
            space = SpaceAccess(snapshot, people, refusals)
            site.add(SpaceAccess(snapshot, people) if refusals else space)
            found = self.detectors.run_space(space, {detector_id}, terms.policy.config)
            yield Judged.of(space, _whole(found))
        found = self.detectors.run_site(site, {detector_id}, terms.policy.config)
        yield Judged(SITE, _whole(found))


def _whole(detection: Detection) -> Detection:
    for failure in detection.failures:
        raise ConflictError(
            f"The detector cannot run: {failure}.",
            "Run `casb detectors list` to see why.",
        )
    return detection
