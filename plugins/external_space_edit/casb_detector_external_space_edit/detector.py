"""Finds spaces that people outside the organisation can edit."""

from collections.abc import Iterable, Iterator

from casb_detector_external_space_edit.texts import RATIONALE, REMEDIATION
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


class ExternalSpaceEdit(Detector):
    """Reports a space in which guests, customers or foreign accounts may write."""

    id = "external-space-edit"
    title = "External collaborators with edit access to space"
    severity = Severity.MEDIUM
    rationale = RATIONALE
    remediation = REMEDIATION

    def check_space(self, space: SpaceAccess, context: Context) -> Iterator[Finding]:
        """Yield a finding if an outsider holds a right to write of its own."""
        if exposure := space.exposed_space({Audience.EXTERNAL}, Level.EDIT):
            yield self.finding(exposure)


@hookimpl
def casb_detectors() -> Iterable[Detector]:
    """Offer the one detector of this package."""
    return [ExternalSpaceEdit()]
