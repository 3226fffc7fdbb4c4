"""Which detectors run on a site, how they are set up, and how severe they are there."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from casb_sdk import Severity


@dataclass(frozen=True, slots=True)
class DetectorPolicy:
    """A site's choice of detectors; a detector nobody spoke of runs.

    ``severities`` overrides a detector's own severity; ``config`` holds settings
    by detector id.
    """

    disabled: frozenset[str] = frozenset()
    severities: Mapping[str, Severity] = field(default_factory=dict)
    config: Mapping[str, Mapping[str, object]] = field(default_factory=dict)

    def enabled(self, installed: Collection[str]) -> frozenset[str]:
        """Return which of the installed detectors run."""
        return frozenset(installed) - self.disabled

    def severity(self, detector_id: str, default: Severity) -> Severity:
        """Return how severe a detector's findings are on this site."""
        return self.severities.get(detector_id, default)
