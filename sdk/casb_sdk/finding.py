"""A finding: an exposure that a detector reports."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from casb_sdk.exposed import Affected, ExposedPrincipal
from casb_sdk.exposure import AffectedItem, Cause, Exposure, Resource, RestrictionStep
from casb_sdk.model import AnonymousUse, Confidence, Level

FINGERPRINT_SEPARATOR = "\x1f"


class Severity(StrEnum):
    """How soon to act: critical today, high this week, medium this month."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """Order severities, low first."""
        return tuple(Severity).index(self)


@dataclass(frozen=True, slots=True)
class Finding:
    """What one detector says about one resource, with its evidence.

    ``labels`` come from ``casb_enrich_finding``. ``exposure`` is kept for the
    affected items, which are read lazily and never stored with the finding.
    """

    detector_id: str
    resource: Resource
    principals: Sequence[ExposedPrincipal] = ()
    level: Level = Level.VIEW
    cause: Cause = Cause.SPACE_GRANT
    confidence: Confidence = Confidence.HIGH
    confidence_reasons: tuple[str, ...] = ()
    affected: Affected | None = None
    restriction_chain: tuple[RestrictionStep, ...] = ()
    split_mode: str = ""
    can_self_elevate: bool = False
    coverage_notes: tuple[str, ...] = ()
    anonymous_use: AnonymousUse | None = None
    details: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    exposure: Exposure | None = field(default=None, repr=False, compare=False)

    @classmethod
    def of(cls, detector_id: str, exposure: Exposure) -> "Finding":
        """Return an exposure as a finding of a detector."""
        return cls(
            detector_id=detector_id,
            resource=exposure.resource,
            principals=exposure.principals,
            level=exposure.level,
            cause=exposure.cause,
            confidence=exposure.confidence,
            confidence_reasons=exposure.confidence_reasons,
            affected=exposure.affected,
            restriction_chain=exposure.restriction_chain,
            split_mode=exposure.split_mode,
            can_self_elevate=exposure.can_self_elevate,
            coverage_notes=exposure.coverage_notes,
            anonymous_use=exposure.anonymous_use,
            exposure=exposure,
        )

    @property
    def items(self) -> Iterator[AffectedItem]:
        """Yield every affected item with the principals that reach it."""
        return iter(()) if self.exposure is None else self.exposure.items

    def fingerprint(self, cloud_id: str) -> str:
        """Return the identity of the finding across scans (access-model 1.8)."""
        parts = (cloud_id, self.detector_id, self.resource.type, self.resource.id)
        text = FINGERPRINT_SEPARATOR.join(parts)
        return hashlib.sha256(text.encode()).hexdigest()
