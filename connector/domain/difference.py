"""What makes a change of a finding worth telling, and what kind of change it is."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import starmap
from operator import attrgetter

from casb_sdk import Finding, Level
from casb_sdk.exposed import each_access, people_of
from connector.domain.finding_state import ChangeType, Status, TrackedFinding

LEVELS = tuple(Level)
PEOPLE_AT_ONCE = 30_000
"""Whose JSON is kept: on a large site the same people are in thousands of findings."""
ID, AUDIENCE, LEVEL = map(attrgetter, ("id", "audience", "level"))


def evidence_digest(finding: Finding) -> str:
    """Return a digest of what makes a change of the finding worth telling.

    Of a list in JSON: first who is exposed and how far, in order, then the rest.
    """
    people, accesses = people_of(finding.principals), each_access(finding.principals)
    who = zip(map(AUDIENCE, people), map(ID, people), map(LEVEL, accesses), strict=True)
    rest = finding.level, finding.cause, finding.confidence, finding.anonymous_use
    facts = f"[[{', '.join(starmap(_told, sorted(who)))}], {json.dumps(rest)[1:]}"
    return hashlib.sha256(facts.encode()).hexdigest()


def changed_fields(before: TrackedFinding, after: TrackedFinding) -> Iterator[str]:
    """Yield the names of what changed, as the feed calls them."""
    was, is_now = before.finding, after.finding
    if before.space_id != after.space_id:
        yield "resource"
    if _who(was) != _who(is_now):
        yield "principals"
    for name in ("level", "cause", "confidence", "anonymous_use"):
        if getattr(was, name) != getattr(is_now, name):
            yield "exposure" if name == "anonymous_use" else name
    for name in ("status", "severity", "implied_by", "stale", "assignee"):
        if getattr(before, name) != getattr(after, name):
            yield name
    if before.aside != after.aside:
        yield "suppression"


def kind_of(
    before: TrackedFinding, after: TrackedFinding, fields: Sequence[str]
) -> ChangeType:
    """Return what happened to a finding whose ``fields`` changed."""
    if before.status is not after.status:
        return _turned(before.status, after.status)
    if after.stale and after.stale != before.stale:
        return ChangeType.STALE
    if before.stale and not after.stale:
        return ChangeType.UNSTALE
    if "severity" in fields:
        return ChangeType.SEVERITY_CHANGED
    return ChangeType.UPDATED if fields else ChangeType.REFRESHED


def _turned(before: Status, after: Status) -> ChangeType:
    if after is Status.RESOLVED:
        return ChangeType.RESOLVED
    if after is Status.SUPPRESSED:
        return ChangeType.SUPPRESSED
    return ChangeType.REOPENED if before is Status.RESOLVED else ChangeType.UNSUPPRESSED


def principal_ids(finding: Finding) -> frozenset[str]:
    """Return who is exposed by a finding."""
    return frozenset(map(ID, people_of(finding.principals)))


def rank_of(level: Level) -> int:
    """Order levels, view first."""
    return LEVELS.index(level)


@lru_cache(maxsize=PEOPLE_AT_ONCE)
def _told(audience: str, account_id: str, level: str) -> str:
    return json.dumps((audience, account_id, level))


def _who(finding: Finding) -> set[tuple[str, str, str]]:
    return {(p.principal.audience, p.principal.id, p.level) for p in finding.principals}
