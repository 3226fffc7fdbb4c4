"""Finds content that people outside the organisation can read."""

from collections.abc import Iterable, Iterator

from casb_detector_external_content_view.texts import RATIONALE, REMEDIATION
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


class ExternalContentView(Detector):
    """Reports content that guests, customers or foreign accounts may view."""

    id = "external-content-view"
    title = "External collaborators with content access"
    severity = Severity.MEDIUM
    rationale = RATIONALE
    remediation = REMEDIATION
    implied_by = "external-content-edit"

    def check_space(self, space: SpaceAccess, context: Context) -> Iterator[Finding]:
        """Yield one finding per place where an outsider's view access begins."""
        for exposure in space.exposed_content({Audience.EXTERNAL}, Level.VIEW):
            yield self.finding(exposure)


@hookimpl
def casb_detectors() -> Iterable[Detector]:
    """Offer the one detector of this package."""
    return [ExternalContentView()]
