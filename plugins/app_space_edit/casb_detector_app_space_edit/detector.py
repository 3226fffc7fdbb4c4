"""Finds spaces that third-party apps can edit."""

from collections.abc import Iterable, Iterator

from casb_detector_app_space_edit.texts import RATIONALE, REMEDIATION
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


class AppSpaceEdit(Detector):
    """Reports a space in which an app of another publisher may write."""

    id = "app-space-edit"
    title = "Third-party app with edit access to space"
    severity = Severity.MEDIUM
    rationale = RATIONALE
    remediation = REMEDIATION

    def check_space(self, space: SpaceAccess, context: Context) -> Iterator[Finding]:
        """Yield a finding if an app holds a right to write of its own."""
        if exposure := space.exposed_space({Audience.APP}, Level.EDIT):
            yield self.finding(exposure)


@hookimpl
def casb_detectors() -> Iterable[Detector]:
    """Offer the one detector of this package."""
    return [AppSpaceEdit()]
