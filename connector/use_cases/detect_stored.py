"""Runs the detectors over the stored snapshot of a site: no call to Atlassian."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from casb_sdk import (
    Coverage,
    Directory,
    People,
    SiteAccess,
    SpaceAccess,
    SpaceSnapshot,
)
from casb_sdk.content import id_order
from casb_sdk.coverage import SEEN_WHOLE
from connector.domain.detection import Detection
from connector.domain.errors import NotFoundError
from connector.domain.finding_state import (
    Change,
    FindingType,
    Resolution,
    TrackedFinding,
)
from connector.domain.installation import Installation
from connector.domain.ports import Detectors
from connector.domain.scan import ScanStatus
from connector.domain.sight import Sight
from connector.domain.store_ports import Begin
from connector.domain.triage import reconcile
from connector.use_cases.kept_refusals import without_refusals
from connector.use_cases.terms import Decisions, Terms

SITE = ""
ITEMS_AT_ONCE = 20_000
SPACES_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Judged:
    """What the detectors said of a space, or of the site, on the stored facts."""

    space_id: str
    detection: Detection
    coverage: Coverage = SEEN_WHOLE
    unjudged: frozenset[str] = frozenset()

    @classmethod
    def of(cls, space: SpaceAccess, detection: Detection) -> "Judged":
        """Return what was said of a space, without its content."""
        return cls(space.space.id, detection, space.snapshot.coverage, space.unjudged)

    def reconciled(
        self,
        known: Mapping[str, TrackedFinding],
        terms: Terms,
        coverage: Coverage,
        decisions: Decisions,
    ) -> list[Change]:
        """Return what that changes about the known findings.

        What the last scan could not judge its facts cannot judge either: a stale
        finding stays as it is, unless its detector is retired.
        """
        failed = self.detection.failed_detectors
        sight = Sight(
            coverage=coverage | self.coverage,
            failed_detectors=failed,
            retired_detectors=terms.retired(known) - failed,
            unjudged=self.unjudged,
        )
        occasion = terms.occasion(self.space_id, decisions)
        changes = reconcile(known, self.detection.findings, sight, occasion)
        stale = {key for key, tracked in known.items() if tracked.stale}
        return [
            change
            for change in changes
            if change.finding.fingerprint not in stale
            or change.finding.resolution is Resolution.DETECTOR_RETIRED
        ]


@dataclass(frozen=True, slots=True)
class DetectStored:
    """Brings the findings of a site up to date with its stored snapshot.

    For a detector that was installed, upgraded or set up anew: what it says of
    today's facts is known at once and costs nothing.
    """

    begin: Begin
    detectors: Detectors
    types: Mapping[str, FindingType]
    now: Callable[[], datetime]
    shipped_apps: Mapping[str, str] = field(default_factory=dict)

    def __call__(
        self, installation: Installation, only: frozenset[str] | None = None
    ) -> Mapping[str, int]:
        """Detect, reconcile and keep; return the number of changes by type.

        With ``only`` just the spaces of these ids are looked at, and not the site as
        a whole. Raises NotFoundError for a site that has not been scanned.
        """
        site_id = installation.site.cloud_id
        terms, directory = self._terms(installation)
        people = People.of(directory, terms.audience)
        site = SiteAccess(people)
        counts: Counter[str] = Counter()
        for snapshots in self._batches(site_id, only):
            judged = []
            for kept in snapshots:
                snapshot, refusals = without_refusals(kept)
                space = SpaceAccess(snapshot, people, refusals)
                # Confluence is not asked about those who merely get into the site.
                site.add(SpaceAccess(snapshot, people) if refusals else space)
                detection = self.detectors.run_space(
                    space, terms.enabled, terms.policy.config
                )
                judged.append(Judged.of(space, detection))
            counts.update(self._keep(terms, judged, directory.coverage))
        if only is not None:
            return dict(counts)
        detection = self.detectors.run_site(site, terms.enabled, terms.policy.config)
        counts.update(self._keep(terms, [Judged(SITE, detection)], directory.coverage))
        return dict(counts)

    def _batches(
        self, site_id: str, only: frozenset[str] | None
    ) -> Iterator[list[SpaceSnapshot]]:
        """Yield small spaces together, since each batch is kept in one transaction.

        Each is read in one of its own: SQLite cannot clear its log of writes while a
        reader stays. A space that is gone when its turn comes is left out.
        """
        with self.begin(write=False) as stores:
            counts = stores.snapshots.item_counts(site_id)
        wanted = counts if only is None else counts.keys() & only
        for ids in _together(sorted(wanted, key=id_order), counts):
            with self.begin(write=False) as stores:
                found = [stores.snapshots.space(site_id, id_) for id_ in ids]
            yield list(filter(None, found))

    def _terms(self, installation: Installation) -> tuple[Terms, Directory]:
        site_id = installation.site.cloud_id
        audience = installation.settings.audience_policy(dict(self.shipped_apps))
        with self.begin() as stores:
            stores.findings.save_types(self.types.values())
            last = stores.ledger.latest(site_id, ScanStatus.DONE)
            directory = stores.snapshots.directory(site_id)
            policy = stores.policies.policy(site_id)
        if last is None or directory is None:
            raise NotFoundError(
                f"{installation.site.url} has no stored snapshot.",
                "Run `casb scan` on it once.",
            )
        terms = Terms(site_id, last.id, audience, policy, self.types, self.now)
        return terms, directory

    def _keep(
        self, terms: Terms, judged: Sequence[Judged], coverage: Coverage
    ) -> Counter[str]:
        ids = [each.space_id for each in judged]
        with self.begin() as stores:
            known_of = stores.findings.known_of(terms.site_id, ids)
            decisions = terms.decisions(stores)
            changes = [
                change
                for each in judged
                for change in each.reconciled(
                    known_of[each.space_id], terms, coverage, decisions
                )
            ]
            stores.findings.save(changes)
        return Counter(change.type.value for change in changes)


def _together(
    space_ids: Iterable[str], counts: Mapping[str, int]
) -> Iterator[list[str]]:
    batch: list[str] = []
    items = 0
    for space_id in space_ids:
        batch.append(space_id)
        items += counts[space_id]
        if items >= ITEMS_AT_ONCE or len(batch) == SPACES_AT_ONCE:
            yield batch
            batch, items = [], 0
    if batch:
        yield batch
