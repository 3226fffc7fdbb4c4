"""Which detectors run on a site, how they are set up, and how severe they are there."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Protocol

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


class PolicyStore(Protocol):
    """Which detectors run on a site, with which settings, severities included."""

    def policy(self, site_id: str) -> DetectorPolicy:
        """Return the detector policy of a site."""
        ...

    def save_policy(self, site_id: str, policy: DetectorPolicy) -> None:
        """Replace the detector policy of a site."""
        ...
