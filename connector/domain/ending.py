"""The end of a finding, whoever or whatever brings it about."""

from dataclasses import replace
from datetime import datetime

from connector.domain.finding_state import (
    Change,
    ChangeType,
    Resolution,
    Status,
    TrackedFinding,
)


def ended(
    tracked: TrackedFinding,
    resolution: Resolution,
    now: datetime,
    type_: ChangeType = ChangeType.RESOLVED,
) -> Change:
    """Return the end of a finding: nothing holds of it any more."""
    after = replace(
        tracked,
        status=Status.RESOLVED,
        resolution=resolution,
        resolved_at=now,
        stale=None,
        implied_by=None,
        aside=None,
        version=tracked.version + 1,
    )
    return Change(type_, after, ("status", "resolution"), tracked.standing)
