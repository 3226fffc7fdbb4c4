"""Finds spaces that unknown or anonymous visitors can read."""

from collections.abc import Iterable, Iterator

from casb_detector_unknown_access.texts import RATIONALE, REMEDIATION
from casb_sdk import (
    Audience,
    Context,
    Detector,
    Finding,
    Level,
    Severity,
    SpaceAccess,
    hookimpl,
)


class UnknownAccess(Detector):
    """Reports a space that somebody nobody can name may view."""

    id = "unknown-access"
    title = "Unknown or anonymous user with access"
    severity = Severity.LOW
    rationale = RATIONALE
    remediation = REMEDIATION
    implied_by = "unknown-space-edit"

    def check_space(self, space: SpaceAccess, context: Context) -> Iterator[Finding]:
        """Yield a finding if such a visitor can read the space."""
        audiences = {Audience.ANONYMOUS, Audience.UNKNOWN}
        if exposure := space.exposed_space(audiences, Level.VIEW):
            yield self.finding(exposure)


@hookimpl
def casb_detectors() -> Iterable[Detector]:
    """Offer the one detector of this package."""
    return [UnknownAccess()]
