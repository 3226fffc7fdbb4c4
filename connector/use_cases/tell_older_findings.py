"""Tells the feed of findings that are older than the feed."""

from dataclasses import dataclass

from connector.domain.finding_state import Change, ChangeType, Status, TrackedFinding
from connector.domain.store_ports import Begin

AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class TellOlderFindings:
    """Writes one row for each finding that no row speaks of yet.

    Whoever reads the feed from its beginning learns of everything that stands.
    """

    begin: Begin

    def __call__(self) -> int:
        """Tell of all of them, some hundred in a transaction; returns how many."""
        told = 0
        while True:
            with self.begin() as stores:
                untold = stores.findings.untold(AT_ONCE)
                stores.findings.save(map(_told, untold))
            told += len(untold)
            if len(untold) < AT_ONCE:
                return told


def _told(tracked: TrackedFinding) -> Change:
    is_over = tracked.status is Status.RESOLVED
    return Change(ChangeType.RESOLVED if is_over else ChangeType.CREATED, tracked)
