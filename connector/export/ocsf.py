"""The OCSF form of a finding: a Detection Finding (2004) valid from 1.1.0 to 1.8.0."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from importlib.metadata import version as version_of
from typing import Any

from connector.domain.errors import UsageError
from connector.domain.finding_state import Change, ChangeType, Status, TrackedFinding
from connector.export.fitting import Row, bounded, first_that_fits, shrinking
from connector.export.native import (
    FeedPosition,
    native_change,
    native_finding,
)
from connector.export.ocsf_objects import (
    evidences,
    observables,
    resources,
    said,
    summary,
)

DEFAULT_VERSION = "1.6.0"
VERSIONS = ("1.1.0", "1.2.0", "1.3.0", "1.4.0", "1.5.0", "1.6.0", "1.7.0", "1.8.0")

CATEGORY_UID, CATEGORY_NAME = 2, "Findings"
CLASS_UID, CLASS_NAME = 2004, "Detection Finding"
CREATE, UPDATE, CLOSE = (1, "Create"), (2, "Update"), (3, "Close")
NEW, SUPPRESSED, RESOLVED = (1, "New"), (3, "Suppressed"), (4, "Resolved")
ARCHIVED, DELETED, OTHER = (5, "Archived"), (6, "Deleted"), 99
ARCHIVED_SINCE, DELETED_SINCE = VERSIONS.index("1.4.0"), VERSIONS.index("1.6.0")
RULE = (1, "Rule")

SEVERITIES = {
    "low": (2, "Low"),
    "medium": (3, "Medium"),
    "high": (4, "High"),
    "critical": (5, "Critical"),
}
CONFIDENCES = {"low": (1, "Low"), "medium": (2, "Medium"), "high": (3, "High")}
STATUSES = {
    Status.OPEN: NEW,
    Status.SUPPRESSED: SUPPRESSED,
    Status.RESOLVED: RESOLVED,
}
CLOSING = frozenset({ChangeType.RESOLVED, ChangeType.WITHDRAWN, ChangeType.DELETED})

LONGEST_TEXT = 30_000
"""In characters: OCSF 1.1 to 1.3 refuse 65,536, and some texts are joined from two."""

UNMAPPED = (
    "fingerprint",
    "change_type",
    "changed_fields",
    "severity_default",
    "resolution",
    "stale",
    "implied_by",
    "suppression",
    "assignee",
    "change_reason",
    "resolved_at",
    "reopened_count",
    "version",
    "level",
    "cause",
    "confidence_reasons",
    "exposure",
    "principal_count",
    "evidence_digest",
    "evidence_truncated",
    "labels",
    "details",
    "scan_id",
    "links",
)
EPOCH = datetime.fromtimestamp(0, UTC)
MILLISECOND = timedelta(milliseconds=1)
DISTRIBUTION = "casb-connector"
PRODUCT_VERSION = version_of(DISTRIBUTION)

Native = Mapping[str, Any]


def ocsf_event(
    subject: Change | TrackedFinding,
    version: str = DEFAULT_VERSION,
    *,
    position: FeedPosition | None = None,
    site_url: str = "",
    public_url: str = "",
) -> Row:
    """Return a change, or a finding as it stands, as an OCSF event."""
    if isinstance(subject, Change):
        native = native_change(
            subject,
            position,
            site_url=site_url,
            public_url=public_url,
            limit=None,
        )
    else:
        native = native_finding(
            subject,
            site_url=site_url,
            public_url=public_url,
            limit=None,
        )
    return ocsf_event_of(native, version)


def ocsf_event_of(native: Native, version: str = DEFAULT_VERSION) -> Row:
    """Return a native finding or a native change as an OCSF event.

    What the native form leaves out, for want of a scope or of room, the event
    leaves out too.
    """
    if version not in VERSIONS:
        raise UsageError(
            f"OCSF version {version} is not supported.",
            f"Ask for one of {', '.join(VERSIONS)}.",
        )
    rows = shrinking(bounded(native, LONGEST_TEXT))
    return first_that_fits(_event(row, version) for row in rows)


def _event(native: Native, version: str) -> Row:
    activity_id, activity = _activity(native)
    status_id, status = _status(native, version)
    severity_id, severity = SEVERITIES[native["severity"]]
    confidence_id, confidence = CONFIDENCES[native["confidence"]]
    event: Row = {
        "activity_id": activity_id,
        "activity_name": activity,
        "category_uid": CATEGORY_UID,
        "category_name": CATEGORY_NAME,
        "class_uid": CLASS_UID,
        "class_name": CLASS_NAME,
        "type_uid": CLASS_UID * 100 + activity_id,
        "type_name": f"{CLASS_NAME}: {activity}",
        "time": _milliseconds(_time(native)),
        "severity_id": severity_id,
        "severity": severity,
        "status_id": status_id,
        "status": status,
        "status_code": native["status"],
        "status_detail": _status_detail(native),
        "confidence_id": confidence_id,
        "confidence": confidence,
        "message": summary(native),
        "metadata": _metadata(native, version),
        "finding_info": _finding_info(native),
        "resources": resources(native),
        "evidences": evidences(native) or None,
        "observables": observables(native) or None,
        "remediation": {"desc": native["remediation"]},
        "unmapped": said({name: native.get(name) for name in UNMAPPED}),
    }
    return said(event)


def _activity(native: Native) -> tuple[int, str]:
    """Return what happened; of a finding as it stands, how far it has come."""
    change_type = native.get("change_type")
    if change_type is None:
        if native["status"] == Status.RESOLVED:
            return CLOSE
        return CREATE if native["version"] == 1 else UPDATE
    if change_type == ChangeType.CREATED:
        return CREATE
    return CLOSE if change_type in CLOSING else UPDATE


def _status(native: Native, version: str) -> tuple[int, str]:
    """Return the status; ends that a version cannot name are said in words."""
    age = VERSIONS.index(version)
    change_type = native.get("change_type")
    if change_type == ChangeType.WITHDRAWN:
        return ARCHIVED if age >= ARCHIVED_SINCE else (OTHER, "Withdrawn")
    if change_type == ChangeType.DELETED:
        if age >= DELETED_SINCE:
            return DELETED
        return ARCHIVED if age >= ARCHIVED_SINCE else (OTHER, "Deleted")
    return STATUSES[Status(native["status"])]


def _status_detail(native: Native) -> str | None:
    """Return the reason for the status, in the words of the native form."""
    if native["suppression"] and native["status"] == Status.SUPPRESSED:
        reason: str | None = native["suppression"]["reason"]
        return reason
    if native["stale"]:
        return f"stale: {native['stale']['reason']}"
    resolution: str | None = native["resolution"]
    return resolution


def _metadata(native: Native, version: str) -> Row:
    event_id = native.get("event_id")
    labels = [f"{name}: {value}" for name, value in native["labels"].items()]
    return said(
        {
            "version": version,
            "uid": event_id
            or f"{native['site_id']}:{native['id']}:{native['version']}",
            "sequence": native.get("change_seq"),
            "correlation_uid": native["id"],
            "tenant_uid": native["site_id"],
            "event_code": native["finding_type"],
            "labels": labels or None,
            "product": {
                "uid": DISTRIBUTION,
                "name": "CASB connector for Confluence Cloud",
                "vendor_name": DISTRIBUTION,
                "version": PRODUCT_VERSION,
            },
        }
    )


def _finding_info(native: Native) -> Row:
    changed_at = native.get("changed_at")
    detector = native["detector"]
    type_id, type_name = RULE
    return said(
        {
            "uid": native["id"],
            "title": native["title"],
            "desc": native["rationale"] or native["title"],
            "types": [native["category"]],
            "created_time": _milliseconds(native["first_seen_at"]),
            "modified_time": _milliseconds(changed_at) if changed_at else None,
            "first_seen_time": _milliseconds(native["first_seen_at"]),
            "last_seen_time": _milliseconds(native["last_seen_at"]),
            "src_url": native["links"]["self"] if native["links"] else None,
            "data_sources": ["Atlassian Confluence Cloud"],
            "analytic": said(
                {
                    "uid": detector["id"],
                    "name": native["title"],
                    "category": native["category"],
                    "version": detector["version"],
                    "type_id": type_id,
                    "type": type_name,
                }
            ),
        }
    )


def _time(native: Native) -> str:
    moment: str = (
        native.get("changed_at") or native["resolved_at"] or native["last_seen_at"]
    )
    return moment


def _milliseconds(moment: str) -> int:
    return (datetime.fromisoformat(moment) - EPOCH) // MILLISECOND
