"""Turns tracked findings into rows and back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from casb_sdk import Severity
from connector.domain.finding_state import (
    Aside,
    FindingType,
    Resolution,
    Stale,
    Status,
    TrackedFinding,
)
from connector.store.finding_codec import EncodedFinding
from connector.store.finding_draft import Draft
from connector.store.json_values import dump_value, load_value

SEVERITIES = tuple(Severity)
RANKS = {severity: rank for rank, severity in enumerate(SEVERITIES)}


def key_of(finding_id: str) -> bytes:
    """Return a finding's id as its key; ValueError where it is no id."""
    return bytes.fromhex(finding_id.replace("-", ""))


def id_of(key: bytes) -> str:
    """Return a key as the finding's id."""
    text = key.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def finding_row(
    tracked: TrackedFinding, encoded: EncodedFinding, now: datetime
) -> dict[str, Any]:
    """Return a tracked finding as a row that changed now."""
    finding, stale = tracked.finding, tracked.stale
    return {
        "id": key_of(tracked.id),
        "fingerprint": bytes.fromhex(tracked.fingerprint),
        "site_id": tracked.site_id,
        "space_id": tracked.space_id,
        "detector_id": tracked.type.id,
        "severity": RANKS[tracked.severity],
        "status": tracked.status.value,
        "resolution": tracked.resolution and tracked.resolution.value,
        "resource_type": finding.resource.type,
        "resource_id": finding.resource.id,
        "level": finding.level.value,
        "confidence": finding.confidence.value,
        "implied_by": key_of(tracked.implied_by) if tracked.implied_by else None,
        "stale_reason": stale and stale.reason,
        "stale_since": stale and stale.since,
        "evidence_digest": tracked.evidence_digest,
        "first_seen_at": tracked.first_seen_at,
        "last_seen_at": tracked.last_seen_at,
        "resolved_at": tracked.resolved_at,
        "changed_at": now,
        "reopened_count": tracked.reopened_count,
        "version": tracked.version,
        "scan_id": tracked.scan_id,
        "evidence": encoded.evidence,
        "titles": encoded.titles,
        "aside": dump_value(tracked.aside) if tracked.aside else None,
        "assignee": tracked.assignee,
    }


@dataclass(frozen=True, slots=True)
class StoredFinding:
    """A row of a finding and its evidence, not yet joined with names."""

    row: Row[Any]
    draft: Draft

    @classmethod
    def of(cls, row: Row[Any]) -> "StoredFinding":
        """Read a row."""
        return cls(row, Draft.of(row.evidence, row.titles))

    def tracked(
        self, names: Mapping[str, str], types: Mapping[str, FindingType]
    ) -> TrackedFinding:
        """Return the row as a finding, with names and the words of its detector."""
        row = self.row
        stale = Stale(row.stale_reason, row.stale_since) if row.stale_since else None
        return TrackedFinding(
            id=id_of(row.id),
            fingerprint=row.fingerprint.hex(),
            site_id=row.site_id,
            space_id=row.space_id,
            finding=self.draft.finding(names),
            type=types[row.detector_id],
            severity=SEVERITIES[row.severity],
            evidence_digest=row.evidence_digest,
            first_seen_at=row.first_seen_at,
            last_seen_at=row.last_seen_at,
            scan_id=row.scan_id,
            status=Status(row.status),
            resolution=Resolution(row.resolution) if row.resolution else None,
            stale=stale,
            implied_by=id_of(row.implied_by) if row.implied_by else None,
            resolved_at=row.resolved_at,
            reopened_count=row.reopened_count,
            version=row.version,
            aside=load_value(row.aside, Aside) if row.aside else None,
            assignee=row.assignee,
        )
