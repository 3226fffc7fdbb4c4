"""What a decision of a person changes about findings, with no scan in between."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from connector.domain.difference import changed_fields, evidence_digest, kind_of
from connector.domain.ending import ended
from connector.domain.finding_state import Change, Resolution, Status, TrackedFinding
from connector.domain.policy import DetectorPolicy
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


def surfaced(
    changes: Sequence[Change], neighbours: Iterable[TrackedFinding]
) -> Iterator[Change]:
    """Yield changes, with the weaker findings that come to light by them.

    A finding that is no longer open implies nothing: what it implied loses its mark.
    ``neighbours`` are the findings of the same spaces as they were before.
    """
    by_id = {change.finding.id: change for change in changes}
    gone = {id_ for id_, c in by_id.items() if c.finding.status is not Status.OPEN}
    for weaker in neighbours:
        if weaker.implied_by not in gone or weaker.status is Status.RESOLVED:
            continue
        change = by_id.pop(weaker.id, None)
        if change is not None and change.finding.status is Status.RESOLVED:
            yield change
            continue
        after = replace(change.finding, version=weaker.version) if change else weaker
        yield from changed(weaker, replace(after, implied_by=None))
    yield from by_id.values()


def regraded(
    findings: Iterable[TrackedFinding], policy: DetectorPolicy
) -> Iterator[Change]:
    """Yield what a site's choice of severities makes of findings that are not over."""
    for tracked in findings:
        if tracked.status is not Status.RESOLVED:
            severity = policy.severity(tracked.type.id, tracked.type.severity)
            yield from changed(tracked, replace(tracked, severity=severity))


def changed(before: TrackedFinding, after: TrackedFinding) -> Iterator[Change]:
    """Yield the change between two forms of a finding, if it is worth a row."""
    fields = tuple(changed_fields(before, after))
    if fields:
        kind = kind_of(before, after, fields)
        after = replace(after, version=before.version + 1)
        yield Change(kind, after, fields, before.standing)
