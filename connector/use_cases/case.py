"""A finding that is to be verified, with all that the last scan kept around it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from casb_sdk import Coverage, Directory, Finding, GapKind
from connector.domain.detection import Detection
from connector.domain.errors import ConflictError
from connector.domain.finding_state import TrackedFinding
from connector.domain.installation import Installation
from connector.domain.reading import Fate
from connector.domain.sight import Sight
from connector.use_cases.grounds import doors
from connector.use_cases.terms import Terms

NOT_READ_ANEW = frozenset({GapKind.ROLE, GapKind.GROUPS})
"""What a second look takes from the last scan, with its gaps."""


@dataclass(frozen=True, slots=True)
class Case:
    """One finding, and by fingerprint all findings on the same resource."""

    installation: Installation
    tracked: TrackedFinding
    known: Mapping[str, TrackedFinding]
    directory: Directory
    terms: Terms

    @property
    def detector_ids(self) -> frozenset[str]:
        """The detectors that have something to say about the resource."""
        ids = (tracked.finding.detector_id for tracked in self.known.values())
        return frozenset(ids) & self.terms.enabled

    def findings_in(self, detection: Detection) -> Sequence[Finding]:
        """Return what was detected of the known findings.

        Raises ConflictError where a detector failed: its silence means nothing.
        """
        for failure in detection.failures:
            raise ConflictError(
                f"The detector of this finding cannot run: {failure}.",
                "Run `casb detectors list` to see why.",
            )
        site_id = self.terms.site_id
        return [f for f in detection.findings if f.fingerprint(site_id) in self.known]

    def sight(self, directory: Directory, fates: Mapping[str, Fate]) -> Sight:
        """Return how far a second look sees: what it read, and what was kept."""
        gaps = self.directory.coverage.gaps
        kept = tuple(gap for gap in gaps if gap.kind in NOT_READ_ANEW)
        return Sight(
            coverage=Coverage(kept),
            doors=doors(directory),
            reclassified=self.terms.reclassified(self.known, directory.accounts),
            fates=fates,
        )
