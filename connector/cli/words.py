"""Findings in the words of the person who has to act."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

from casb_sdk import (
    AnonymousUse,
    Audience,
    Cause,
    ExposedPrincipal,
    Finding,
    Level,
    Path,
    ResourceType,
    Severity,
    Via,
)
from connector.domain.counting import counted
from connector.domain.finding_state import TrackedFinding

URGENCY = {
    Severity.CRITICAL: "act today",
    Severity.HIGH: "this week",
    Severity.MEDIUM: "this month",
    Severity.LOW: "informational",
}
ANONYMOUS = {
    AnonymousUse.INTERNET: "anyone on the internet",
    AnonymousUse.AUTHENTICATED_ANY: "anyone who is logged in",
    AnonymousUse.UNVERIFIED: "anonymous visitors (not verified)",
}
KINDS = {
    Audience.APP: "app",
    Audience.EXTERNAL: "external",
    Audience.UNKNOWN: "unknown account",
}
SPACE_REACHES = {
    Level.VIEW: "can see the space",
    Level.EDIT: "can write in the space",
    Level.ADMIN: "administers the space",
}
SHOWN = 3


def open_line(by_severity: Mapping[str, int], implied: int) -> str:
    """Return how many findings are open, the worst first."""
    worst_first = sorted(by_severity.items(), key=lambda it: -Severity(it[0]).rank)
    found = ", ".join(f"{count:,} {severity}" for severity, count in worst_first)
    return f"{found or 'none'}{more_implied(implied)}"


def more_implied(count: int) -> str:
    """Return how many more findings stronger ones imply; nothing if there are none."""
    return f" + {count:,} more implied" if count else ""


def listed(words: Sequence[str], most: int = SHOWN, joint: str = ", ") -> str:
    """Return the first few words, and how many more there are."""
    rest = len(words) - most
    shown = joint.join(words[:most])
    return f"{shown} and {rest:,} more" if rest > 0 else shown


def lasting(duration: timedelta) -> str:
    """Return a stretch of time in the unit that says enough."""
    seconds = round(duration.total_seconds())
    for unit, size in (("hour", 3_600), ("minute", 60)):
        if seconds >= 2 * size:
            return counted(round(seconds / size), unit)
    return counted(seconds, "second")


def where(finding: Finding) -> str:
    """Return what a finding is anchored at."""
    resource = finding.resource
    name = resource.title or resource.key or resource.id
    if resource.type == ResourceType.ACCOUNT:
        return name
    if resource.type in {ResourceType.SPACE, ResourceType.SPACE_CONTENT}:
        return f"space {name} ({resource.space_key})"
    return f"{resource.type} {name} (in {resource.space_key})"


def who(finding: Finding) -> str:
    """Return who gets in."""
    return listed([_named(exposed, finding) for exposed in finding.principals])


def why(finding: Finding) -> str:
    """Return the cause: the grants, and the limits that name somebody."""
    held: dict[str, dict[str, None]] = {}
    for exposed in finding.principals:
        for path in _strongest(exposed.paths):
            held.setdefault(_holder(path), {})[_right(path)] = None
    grants = [f"{holder} has {listed(list(r), 2)}" for holder, r in held.items()]
    if finding.cause is Cause.RESTRICTION:
        kind = finding.resource.type
        return "; ".join([f"the limits of this {kind} let them in", *grants[:1]])
    return listed(grants, 2, "; ") or "product access alone"


def reach(finding: Finding) -> str:
    """Return how far the finding goes."""
    if finding.affected is None:
        return SPACE_REACHES[finding.level]
    noun = "space" if finding.resource.type == ResourceType.ACCOUNT else "item"
    verb = "read" if finding.level is Level.VIEW else "edit"
    return f"can {verb} {counted(finding.affected.count, noun)}"


def state(tracked: TrackedFinding) -> str:
    """Return what has to be known besides: stale, implied, reopened."""
    notes = []
    if tracked.stale:
        notes.append(f"not judged since {tracked.stale.since:%Y-%m-%d}")
    if tracked.implied_by:
        notes.append("a stronger finding says it too")
    if tracked.reopened_count:
        notes.append("was fixed before")
    return ", ".join(notes)


def _named(exposed: ExposedPrincipal, finding: Finding) -> str:
    principal = exposed.principal
    if principal.audience is Audience.ANONYMOUS:
        return ANONYMOUS[finding.anonymous_use or AnonymousUse.UNVERIFIED]
    kind = "guest" if principal.is_guest else KINDS.get(principal.audience, "")
    if not principal.display_name:
        return f"{kind} {principal.id}".strip()
    return f"{principal.display_name} ({kind})"


def _strongest(paths: Iterable[Path]) -> list[Path]:
    """Return the paths that write, or all if none does."""
    kept = list(paths)
    return [path for path in kept if path.operation != "read"] or kept


def _right(path: Path) -> str:
    return f"{path.operation}/{path.target}" if path.target else path.operation


def _holder(path: Path) -> str:
    return {
        Via.ANONYMOUS: "anonymous access",
        Via.USER: "the account itself",
        Via.GROUP: f"the group {path.group_name or path.group_id}",
        Via.ROLE: f"the role {path.role_name or path.role_id}",
        Via.ACCESS_CLASS: f"everybody in {path.access_class}",
    }[path.via]
