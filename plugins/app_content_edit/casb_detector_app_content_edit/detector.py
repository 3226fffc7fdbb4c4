"""Finds content that third-party apps can edit."""

from collections.abc import Iterable, Iterator

from casb_detector_app_content_edit.texts import RATIONALE, REMEDIATION
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


class AppContentEdit(Detector):
    """Reports content that an app of another publisher may change."""

    id = "app-content-edit"
    title = "Third-party app with edit access to content"
    severity = Severity.MEDIUM
    rationale = RATIONALE
    remediation = REMEDIATION

    def check_space(self, space: SpaceAccess, context: Context) -> Iterator[Finding]:
        """Yield one finding per place where an app's edit access begins."""
        for exposure in space.exposed_content({Audience.APP}, Level.EDIT):
            yield self.finding(exposure)


@hookimpl
def casb_detectors() -> Iterable[Detector]:
    """Offer the one detector of this package."""
    return [AppContentEdit()]
