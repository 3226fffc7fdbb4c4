"""What becomes of a finding whose site was uninstalled."""

from dataclasses import replace
from datetime import datetime

from connector.domain.finding_state import (
    Change,
    ChangeType,
    Resolution,
    Status,
    TrackedFinding,
)


def withdrawn(tracked: TrackedFinding, now: datetime) -> Change:
    """Return the end of a finding; a re-install of the site reopens it."""
    after = replace(
        tracked,
        status=Status.RESOLVED,
        resolution=Resolution.SITE_REMOVED,
        resolved_at=now,
        stale=None,
        implied_by=None,
        aside=None,
        version=tracked.version + 1,
    )
    fields = ("status", "resolution")
    return Change(ChangeType.WITHDRAWN, after, fields, tracked.standing)
