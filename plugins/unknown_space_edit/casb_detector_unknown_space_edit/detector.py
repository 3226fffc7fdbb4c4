"""Finds spaces that unknown or anonymous visitors can edit."""

from collections.abc import Iterable, Iterator

from casb_detector_unknown_space_edit.texts import RATIONALE, REMEDIATION
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


class UnknownSpaceEdit(Detector):
    """Reports a space in which somebody nobody can name may write."""

    id = "unknown-space-edit"
    title = "Unknown or anonymous user with edit access to space"
    severity = Severity.HIGH
    rationale = RATIONALE
    remediation = REMEDIATION

    def check_space(self, space: SpaceAccess, context: Context) -> Iterator[Finding]:
        """Yield a finding if such a visitor holds a right to write."""
        audiences = {Audience.ANONYMOUS, Audience.UNKNOWN}
        if exposure := space.exposed_space(audiences, Level.EDIT):
            yield self.finding(exposure)


@hookimpl
def casb_detectors() -> Iterable[Detector]:
    """Offer the one detector of this package."""
    return [UnknownSpaceEdit()]
