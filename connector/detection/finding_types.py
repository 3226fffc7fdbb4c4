"""The words of the installed detectors, as their findings carry them."""

from collections.abc import Mapping

from casb_sdk.registry import Registry
from connector.domain.finding_state import FindingType


def finding_types(registry: Registry) -> Mapping[str, FindingType]:
    """Return the type of finding each installed detector reports, by its id."""
    return {
        id_: FindingType(
            id=id_,
            title=installed.detector.title,
            severity=installed.detector.severity,
            category=installed.detector.category,
            remediation=installed.detector.remediation,
            rationale=installed.detector.rationale,
            detector_version=installed.version,
            implied_by=installed.detector.implied_by,
            frameworks=installed.declared.frameworks,
        )
        for id_, installed in registry.detectors.items()
    }
