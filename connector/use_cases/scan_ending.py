"""What is known of a scan when all its spaces are judged or given up."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from casb_sdk import Coverage, Directory, Gap, GapKind
from connector.domain.detection import Detection
from connector.domain.freshness import Renewal
from connector.domain.reading import Fate
from connector.domain.scan import Scan, Unit
from connector.use_cases.readings import SpaceReport
from connector.use_cases.renewal import bounds

PARKED = "unit_parked"


@dataclass(frozen=True, slots=True)
class Ending:
    """What is known of a scan when all its spaces are judged or given up.

    ``directory`` is completed from the last scan where this one looked at a part
    of the site only.
    """

    scan: Scan
    reports: Mapping[str, SpaceReport]
    parked: tuple[Unit, ...]
    fates: Mapping[str, Fate]
    directory: Directory
    detection: Detection
    renewal: Renewal | None = None

    @property
    def unread(self) -> frozenset[str]:
        """The spaces that were given up before they were judged."""
        ids = (space_id for unit in self.parked for space_id in unit.space_ids)
        return frozenset(ids) - self.reports.keys()

    @property
    def coverage(self) -> Coverage:
        """What the scan could not read."""
        reports = (report.coverage for report in self.reports.values())
        gaps = Coverage((*self._parked_gaps(), *self._hidden_gaps()))
        parts = [self.directory.coverage, *reports, gaps, bounds(self.renewal)]
        return Coverage.merged(parts)

    def _parked_gaps(self) -> Iterator[Gap]:
        for space_id in sorted(self.unread):
            yield Gap(GapKind.CONTENT, space_id, PARKED)

    def _hidden_gaps(self) -> Iterator[Gap]:
        for space_id, fate in self.fates.items():
            if fate is Fate.NOT_VISIBLE:
                yield Gap(GapKind.NOT_VISIBLE, space_id, fate.value)
