"""What becomes of a finding whose site was uninstalled."""

from datetime import datetime

from connector.domain.ending import ended
from connector.domain.finding_state import (
    Change,
    ChangeType,
    Resolution,
    TrackedFinding,
)


def withdrawn(tracked: TrackedFinding, now: datetime) -> Change:
    """Return the end of a finding; a re-install of the site reopens it."""
    return ended(tracked, Resolution.SITE_REMOVED, now, ChangeType.WITHDRAWN)
