"""Finds content that third-party apps can read."""

from collections.abc import Iterable, Iterator

from casb_detector_app_content_view.texts import RATIONALE, REMEDIATION
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


class AppContentView(Detector):
    """Reports content that an app of another publisher may view."""

    id = "app-content-view"
    title = "Third-party app with content access"
    severity = Severity.LOW
    rationale = RATIONALE
    remediation = REMEDIATION
    implied_by = "app-content-edit"

    def check_space(self, space: SpaceAccess, context: Context) -> Iterator[Finding]:
        """Yield one finding per place where an app's view access begins."""
        for exposure in space.exposed_content({Audience.APP}, Level.VIEW):
            yield self.finding(exposure)


@hookimpl
def casb_detectors() -> Iterable[Detector]:
    """Offer the one detector of this package."""
    return [AppContentView()]
