"""What a decision of a person changes about findings, with no scan in between."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from connector.domain.difference import changed_fields, evidence_digest, kind_of
from connector.domain.finding_state import (
    Change,
    ChangeType,
    Resolution,
    Status,
    TrackedFinding,
)
from connector.domain.suppression import Suppressions
from connector.domain.triage import put_aside


def retriaged(
    findings: Iterable[TrackedFinding], standing: Suppressions, now: datetime
) -> Iterator[Change]:
    """Yield what the suppressions of today make of findings that are not resolved."""
    for tracked in findings:
        if tracked.status is Status.RESOLVED:
            continue
        left = standing.without_muted(tracked.finding)
        if left is None:
            yield _ended(tracked, now)
            continue
        after = replace(tracked, finding=left, evidence_digest=evidence_digest(left))
        yield from changed(tracked, put_aside(after, standing))


def changed(before: TrackedFinding, after: TrackedFinding) -> Iterator[Change]:
    """Yield the change between two forms of a finding, if it is worth a row."""
    fields = tuple(changed_fields(before, after))
    if not fields:
        return
    kind = kind_of(before, after, fields)
    if kind is not ChangeType.REFRESHED:
        after = replace(after, version=before.version + 1)
        yield Change(kind, after, fields, before.standing)


def _ended(tracked: TrackedFinding, now: datetime) -> Change:
    after = replace(
        tracked,
        status=Status.RESOLVED,
        resolution=Resolution.POLICY_CHANGED,
        resolved_at=now,
        stale=None,
        implied_by=None,
        aside=None,
        version=tracked.version + 1,
    )
    fields = ("status", "resolution")
    return Change(ChangeType.RESOLVED, after, fields, tracked.standing)
