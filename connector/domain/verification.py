"""What verifying one finding came to."""

from dataclasses import dataclass, field
from enum import StrEnum

from connector.domain.finding_state import Change, Status, TrackedFinding
from connector.domain.reading import Spending


class Outcome(StrEnum):
    """How a verification ended; the last two changed nothing."""

    CONFIRMED = "confirmed"
    UPDATED = "updated"
    RESOLVED = "resolved"
    REOPENED = "reopened"
    STILL_RESOLVED = "still_resolved"
    NOT_VISIBLE = "not_visible"
    UNSETTLED = "unsettled"
    UNREAD = "unread"

    @property
    def is_settled(self) -> bool:
        """Return whether what was read says how the finding stands."""
        return self not in {Outcome.UNSETTLED, Outcome.UNREAD}


@dataclass(frozen=True, slots=True)
class Verification:
    """One finding before and after its grounds were read anew, and what that cost.

    ``reason`` says what kept it from being settled, ``failures`` what could not be
    read. ``changed`` names the fields that changed, as the feed calls them;
    ``besides`` holds the other findings on the same place that changed with it.
    """

    outcome: Outcome
    before: TrackedFinding
    after: TrackedFinding
    spending: Spending = field(default_factory=Spending)
    changed: tuple[str, ...] = ()
    besides: tuple[Change, ...] = ()
    reason: str = ""
    failures: tuple[str, ...] = ()


def outcome_of(before: TrackedFinding, after: TrackedFinding) -> Outcome:
    """Return what two looks at a finding have in common, or not."""
    was_resolved = before.status is Status.RESOLVED
    if after.status is Status.RESOLVED:
        return Outcome.STILL_RESOLVED if was_resolved else Outcome.RESOLVED
    if was_resolved:
        return Outcome.REOPENED
    if after.stale:
        return Outcome.NOT_VISIBLE
    return Outcome.CONFIRMED if before.version == after.version else Outcome.UPDATED
