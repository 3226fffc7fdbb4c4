"""A finding over time: what is known of it, and the changes that happen to it."""

import hashlib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from casb_sdk import Finding, Severity


class Status(StrEnum):
    """The statuses of a finding; stale and implied are attributes, not statuses."""

    OPEN = "open"
    SUPPRESSED = "suppressed"
    RESOLVED = "resolved"


class Resolution(StrEnum):
    """Why a finding was resolved."""

    FIXED = "fixed"
    RESOURCE_DELETED = "resource_deleted"
    NOT_VISIBLE = "not_visible"
    POLICY_CHANGED = "policy_changed"
    DETECTOR_RETIRED = "detector_retired"
    SITE_REMOVED = "site_removed"
    ERROR = "error"


class ChangeType(StrEnum):
    """What happened to a finding; one row in the feed each."""

    CREATED = "created"
    UPDATED = "updated"
    SEVERITY_CHANGED = "severity_changed"
    SUPPRESSED = "suppressed"
    UNSUPPRESSED = "unsuppressed"
    RESOLVED = "resolved"
    REOPENED = "reopened"
    STALE = "stale"
    UNSTALE = "unstale"
    WITHDRAWN = "withdrawn"
    DELETED = "deleted"
    REFRESHED = "refreshed"
    """Seen again with nothing to report, which is no row in the feed; a row says so
    of a finding that nothing was told of for long, to whom asks for that."""


@dataclass(frozen=True, slots=True)
class Stale:
    """Why a finding could not be judged, and since when."""

    reason: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Aside:
    """Why a finding was put aside, who did, and until when (None: for good)."""

    suppression_id: str
    reason: str
    by: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class FindingType:
    """The words of a detector, as findings of its type carry them."""

    id: str
    title: str
    severity: Severity
    category: str
    remediation: str
    rationale: str = ""
    detector_version: str = ""
    implied_by: str | None = None
    frameworks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TrackedFinding:
    """A finding and its history; ``space_id`` is empty for findings on the site.

    ``evidence_digest`` changes exactly when something worth a feed row does.
    """

    id: str
    fingerprint: str
    site_id: str
    space_id: str
    finding: Finding
    type: FindingType
    severity: Severity
    evidence_digest: str
    first_seen_at: datetime
    last_seen_at: datetime
    scan_id: str
    status: Status = Status.OPEN
    resolution: Resolution | None = None
    stale: Stale | None = None
    implied_by: str | None = None
    resolved_at: datetime | None = None
    reopened_count: int = 0
    version: int = 1
    aside: Aside | None = None
    assignee: str = ""

    @property
    def standing(self) -> "Standing":
        """Return how the finding stands."""
        return Standing(self.status, self.severity, self.implied_by is not None)


@dataclass(frozen=True, slots=True)
class Standing:
    """What of a finding changes and consumers filter by."""

    status: Status
    severity: Severity
    is_implied: bool = False


@dataclass(frozen=True, slots=True)
class OpenFindings:
    """How many findings of a site are open, by severity, the worst first.

    Those that a stronger one implies say nothing new, and are counted apart.
    """

    by_severity: Mapping[str, int] = field(default_factory=dict)
    implied: int = 0


@dataclass(frozen=True, slots=True)
class Change:
    """One transition of a finding, with the finding as it is afterwards.

    ``before`` is how it stood until then; nothing if it is new. ``reason`` says
    what brought it about, where that is not plain.
    """

    type: ChangeType
    finding: TrackedFinding
    changed_fields: tuple[str, ...] = ()
    before: Standing | None = None
    reason: str = ""


def finding_id_of(fingerprint: str) -> str:
    """Return the stable id of a finding; a re-install of the site keeps it."""
    digest = hashlib.sha256(b"finding-id:" + fingerprint.encode()).digest()
    return str(uuid.UUID(bytes=digest[:16], version=5))
