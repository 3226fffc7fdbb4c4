"""Turns changes into rows of the feed and back, before and after they are rendered."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from connector.domain.feed import FeedPosition
from connector.domain.finding_state import (
    Change,
    ChangeType,
    Standing,
    Status,
    TrackedFinding,
)
from connector.store.column_types import ESCAPE, escaped, unescaped
from connector.store.finding_rows import RANKS, SEVERITIES, key_of

Json = dict[str, Any]


class Draft(msgspec.Struct, frozen=True, array_like=True):
    """What a change says besides the finding, as long as it is not rendered."""

    changed_fields: tuple[str, ...]
    reason: str


class KeptFinding(msgspec.Struct, frozen=True):
    """A finding as it was, kept because it changed again before it was rendered.

    Its attributes are columns of the findings.
    """

    id: bytes
    fingerprint: bytes
    site_id: str
    space_id: str
    detector_id: str
    severity: int
    status: str
    resolution: str | None
    implied_by: bytes | None
    stale_reason: str | None
    stale_since: datetime | None
    evidence_digest: str
    first_seen_at: datetime
    last_seen_at: datetime
    resolved_at: datetime | None
    reopened_count: int
    version: int
    scan_id: str
    evidence: bytes
    titles: bytes
    aside: str | None
    assignee: str


def change_row(change: Change, resource_type: str, place: FeedPosition) -> Json:
    """Return a change as a row of the feed; the finding stands in its own row."""
    before, tracked = change.before, change.finding
    draft = Draft(change.changed_fields, change.reason)
    return {
        "seq": place.seq,
        "changed_at": place.changed_at,
        "site_id": tracked.site_id,
        "finding_id": key_of(tracked.id),
        "detector_id": tracked.type.id,
        "resource_type": resource_type,
        "change_type": change.type.value,
        "severity": RANKS[tracked.severity],
        "status": tracked.status.value,
        "severity_before": RANKS[before.severity] if before else None,
        "status_before": before.status.value if before else None,
        "is_implied": tracked.implied_by is not None,
        "implied_before": before is not None and before.is_implied,
        "draft": msgspec.msgpack.encode(draft),
        "kept": None,
        "body": None,
    }


def change_of(row: Any, finding: TrackedFinding) -> Change:
    """Return the change of a row that was not rendered yet."""
    draft = msgspec.msgpack.decode(row.draft, type=Draft)
    return Change(
        ChangeType(row.change_type),
        finding,
        draft.changed_fields,
        _standing(row),
        draft.reason,
    )


def kept_finding(finding: Mapping[str, Any]) -> bytes:
    """Return a row of the findings as bytes."""
    try:
        return msgspec.msgpack.encode(finding)
    except UnicodeEncodeError:
        words = {k: escaped(v) for k, v in finding.items() if isinstance(v, str)}
        return msgspec.msgpack.encode({**finding, **words})


def finding_kept(data: bytes) -> KeptFinding:
    """Return what `kept_finding` kept."""
    kept = msgspec.msgpack.decode(data, type=KeptFinding)
    if ESCAPE.encode() not in data:
        return kept
    values: Json = msgspec.structs.asdict(kept)
    words = {k: unescaped(v) for k, v in values.items() if isinstance(v, str)}
    return msgspec.structs.replace(kept, **words)


def _standing(row: Any) -> Standing | None:
    if row.status_before is None:
        return None
    return Standing(
        Status(row.status_before), SEVERITIES[row.severity_before], row.implied_before
    )
