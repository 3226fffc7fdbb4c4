"""The native form of a finding: everything known of it, as one JSON object."""

from datetime import UTC, datetime

from casb_sdk import Finding, Resource
from connector.domain.feed import FeedPosition
from connector.domain.finding_state import Aside, Change, Stale, TrackedFinding
from connector.export.evidence import affected_row, evidence_row, principal_row
from connector.export.fitting import (
    ROW_LIMIT,
    Row,
    first_that_fits,
    mended,
    shrinking,
)
from connector.export.redaction import without_evidence
from connector.export.resource_rows import affected_resource, affected_space

__all__ = [
    "FeedPosition",
    "affected_resource",
    "affected_space",
    "native_change",
    "native_finding",
    "timestamp",
    "without_evidence",
]


def native_finding(
    tracked: TrackedFinding,
    *,
    site_url: str = "",
    public_url: str = "",
    limit: int | None = ROW_LIMIT,
) -> Row:
    """Return a finding as JSON values, its evidence cut if it is over the limit.

    Addresses without a host are put below ``site_url``; ``public_url`` is the base
    of the links to the finding itself. Without a limit nothing is cut.
    """
    row = mended(
        _identity(tracked)
        | _history(tracked)
        | _exposure(tracked.finding, site_url)
        | {
            "evidence_digest": tracked.evidence_digest,
            "evidence_truncated": False,
            "labels": dict(sorted(tracked.finding.labels.items())),
            "details": dict(sorted(tracked.finding.details.items())),
            "rationale": tracked.type.rationale,
            "remediation": tracked.type.remediation,
            "scan_id": tracked.scan_id,
            "links": _links(tracked.id, public_url),
        }
    )
    return row if limit is None else first_that_fits(shrinking(row), limit)


def native_change(
    change: Change,
    position: FeedPosition | None = None,
    *,
    site_url: str = "",
    public_url: str = "",
    limit: int | None = ROW_LIMIT,
) -> Row:
    """Return a row of the feed: a change and the finding as it is afterwards."""
    tracked = change.finding
    row: Row = {
        "change_seq": position.seq if position else None,
        "changed_at": _moment(position.changed_at if position else None),
        "event_id": position.event_id(tracked.site_id) if position else None,
        "change_type": change.type.value,
        "changed_fields": list(change.changed_fields),
        "change_reason": change.reason or None,
    }
    row |= native_finding(
        tracked,
        site_url=site_url,
        public_url=public_url,
        limit=None,
    )
    return row if limit is None else first_that_fits(shrinking(row), limit)


def timestamp(moment: datetime) -> str:
    """Return a moment as RFC 3339 text: UTC, microseconds, Z."""
    text = moment.astimezone(UTC).isoformat(timespec="microseconds")
    return text.removesuffix("+00:00") + "Z"


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else timestamp(moment)


def _identity(tracked: TrackedFinding) -> Row:
    type_ = tracked.type
    return {
        "id": tracked.id,
        "fingerprint": tracked.fingerprint,
        "site_id": tracked.site_id,
        "finding_type": type_.id,
        "detector": {"id": type_.id, "version": type_.detector_version or None},
        "title": type_.title,
        "category": type_.category,
        "severity": tracked.severity.value,
        "severity_default": type_.severity.value,
    }


def _history(tracked: TrackedFinding) -> Row:
    return {
        "status": tracked.status.value,
        "resolution": tracked.resolution.value if tracked.resolution else None,
        "stale": _stale_row(tracked.stale),
        "implied_by": tracked.implied_by,
        "suppression": _suppression_row(tracked.aside),
        "assignee": tracked.assignee or None,
        "first_seen_at": timestamp(tracked.first_seen_at),
        "last_seen_at": timestamp(tracked.last_seen_at),
        "resolved_at": _moment(tracked.resolved_at),
        "reopened_count": tracked.reopened_count,
        "version": tracked.version,
    }


def _exposure(finding: Finding, site_url: str) -> Row:
    use = finding.anonymous_use
    return {
        "resource": _resource_row(finding.resource, site_url),
        "principal_count": len(finding.principals),
        "principals": [principal_row(exposed) for exposed in finding.principals],
        "level": finding.level.value,
        "cause": finding.cause.value,
        "confidence": finding.confidence.value,
        "confidence_reasons": list(finding.confidence_reasons),
        "exposure": use.value if use else None,
        "affected": affected_row(finding.affected),
        "evidence": evidence_row(finding),
    }


def _resource_row(resource: Resource, site_url: str) -> Row:
    base = site_url.rstrip("/") if resource.url.startswith("/") else ""
    return {
        "type": str(resource.type),
        "id": resource.id,
        "key": resource.key or None,
        "title": resource.title,
        "url": base + resource.url or None,
        "space_key": resource.space_key or None,
    }


def _stale_row(stale: Stale | None) -> Row | None:
    if stale is None:
        return None
    return {"reason": stale.reason, "since": timestamp(stale.since)}


def _suppression_row(aside: Aside | None) -> Row | None:
    if aside is None:
        return None
    return {
        "id": aside.suppression_id,
        "reason": aside.reason,
        "by": aside.by,
        "until": _moment(aside.until),
    }


def _links(finding_id: str, public_url: str) -> Row | None:
    if not public_url:
        return None
    address = f"{public_url.rstrip('/')}/api/v1/findings/{finding_id}"
    return {"self": address, "resources": f"{address}/resources"}
