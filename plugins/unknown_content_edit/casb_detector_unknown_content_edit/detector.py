"""Finds content that unknown or anonymous visitors can edit."""

from collections.abc import Iterable, Iterator

from casb_detector_unknown_content_edit.texts import RATIONALE, REMEDIATION
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


class UnknownContentEdit(Detector):
    """Reports content that somebody nobody can name may change."""

    id = "unknown-content-edit"
    title = "Unknown or anonymous user with edit access to content"
    severity = Severity.CRITICAL
    rationale = RATIONALE
    remediation = REMEDIATION

    def check_space(self, space: SpaceAccess, context: Context) -> Iterator[Finding]:
        """Yield one finding per place where such edit access begins."""
        audiences = {Audience.ANONYMOUS, Audience.UNKNOWN}
        for exposure in space.exposed_content(audiences, Level.EDIT):
            yield self.finding(exposure)


@hookimpl
def casb_detectors() -> Iterable[Detector]:
    """Offer the one detector of this package."""
    return [UnknownContentEdit()]
