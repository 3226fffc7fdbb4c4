"""What a decision of a person changes about findings, with no scan in between."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from connector.domain.difference import changed_fields, evidence_digest, kind_of
from connector.domain.ending import ended
from connector.domain.finding_state import Change, Resolution, Status, TrackedFinding
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
            yield ended(tracked, Resolution.POLICY_CHANGED, now)
            continue
        after = replace(tracked, finding=left, evidence_digest=evidence_digest(left))
        yield from changed(tracked, put_aside(after, standing))


def changed(before: TrackedFinding, after: TrackedFinding) -> Iterator[Change]:
    """Yield the change between two forms of a finding, if it is worth a row."""
    fields = tuple(changed_fields(before, after))
    if fields:
        kind = kind_of(before, after, fields)
        after = replace(after, version=before.version + 1)
        yield Change(kind, after, fields, before.standing)
