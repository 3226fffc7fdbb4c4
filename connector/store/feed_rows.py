"""Turns changes into rows of the feed and back, before and after they are rendered."""

from datetime import datetime
from typing import Any, cast

import msgspec

from connector.domain.finding_state import Change, ChangeType, FindingType, Standing
from connector.store.column_types import ESCAPE, escaped, unescaped
from connector.store.finding_rows import RANKS, SEVERITIES, StoredFinding, key_of
from connector.store.people_names import PeopleNames


class Draft(msgspec.Struct, frozen=True):
    """A finding as it was written, for as long as its change is not rendered."""

    id: bytes
    fingerprint: bytes
    site_id: str
    space_id: str
    detector_id: str
    severity: int
    status: str
    resolution: str | None
    level: str
    confidence: str
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
    changed_fields: tuple[str, ...] = ()
    reason: str = ""
    aside: str | None = None
    assignee: str = ""


def change_row(
    change: Change, finding: dict[str, Any], seq: int, at: datetime
) -> dict[str, Any]:
    """Return a change and the row of its finding as a row of the feed."""
    before, tracked = change.before, change.finding
    told = {"changed_fields": change.changed_fields, "reason": change.reason}
    draft = finding | told
    return {
        "seq": seq,
        "changed_at": at,
        "site_id": tracked.site_id,
        "finding_id": key_of(tracked.id),
        "detector_id": tracked.type.id,
        "resource_type": finding["resource_type"],
        "change_type": change.type.value,
        "severity": RANKS[tracked.severity],
        "status": tracked.status.value,
        "severity_before": RANKS[before.severity] if before else None,
        "status_before": before.status.value if before else None,
        "is_implied": tracked.implied_by is not None,
        "draft": _packed(draft),
        "body": None,
    }


def change_of(row: Any, types: dict[str, FindingType], names: PeopleNames) -> Change:
    """Return the change of a row that was not rendered yet."""
    draft = _unpacked(row.draft)
    stored = StoredFinding.of(cast("Any", draft))
    people = names.of(draft.site_id, stored.draft.account_ids)
    return Change(
        ChangeType(row.change_type),
        stored.tracked(people, types),
        draft.changed_fields,
        _standing(row),
        draft.reason,
    )


def _packed(draft: dict[str, Any]) -> bytes:
    try:
        return msgspec.msgpack.encode(draft)
    except UnicodeEncodeError:
        words = {k: escaped(v) for k, v in draft.items() if isinstance(v, str)}
        return msgspec.msgpack.encode(draft | words)


def _unpacked(packed: bytes) -> Draft:
    draft = msgspec.msgpack.decode(packed, type=Draft)
    if ESCAPE.encode() not in packed:
        return draft
    values: dict[str, Any] = msgspec.structs.asdict(draft)
    words = {k: unescaped(v) for k, v in values.items() if isinstance(v, str)}
    return msgspec.structs.replace(draft, **words)


def _standing(row: Any) -> Standing | None:
    if row.status_before is None:
        return None
    return Standing(row.status_before, SEVERITIES[row.severity_before])
