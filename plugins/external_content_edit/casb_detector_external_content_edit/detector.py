"""Finds content that people outside the organisation can edit."""

from collections.abc import Iterable, Iterator

from casb_detector_external_content_edit.texts import RATIONALE, REMEDIATION
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


class ExternalContentEdit(Detector):
    """Reports content that guests, customers or foreign accounts may change."""

    id = "external-content-edit"
    title = "External collaborators with edit access to content"
    severity = Severity.MEDIUM
    rationale = RATIONALE
    remediation = REMEDIATION

    def check_space(self, space: SpaceAccess, context: Context) -> Iterator[Finding]:
        """Yield one finding per place where an outsider's edit access begins."""
        for exposure in space.exposed_content({Audience.EXTERNAL}, Level.EDIT):
            yield self.finding(exposure)


@hookimpl
def casb_detectors() -> Iterable[Detector]:
    """Offer the one detector of this package."""
    return [ExternalContentEdit()]
