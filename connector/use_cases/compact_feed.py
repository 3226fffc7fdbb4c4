"""Drops what the retention no longer keeps: old changes, deliveries, pulls, tokens."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from connector.domain.store_ports import Begin

DELIVERIES_KEPT = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Compacted:
    """How much was dropped."""

    changes: int = 0
    deliveries: int = 0

    @property
    def summary(self) -> str:
        """Return what was done, in a line; empty if nothing was."""
        counts = {"changes": self.changes, "deliveries": self.deliveries}
        said = ", ".join(f"{count} {what}" for what, count in counts.items() if count)
        return f"{said} dropped" if said else ""


@dataclass(frozen=True, slots=True)
class CompactFeed:
    """Keeps so much history, and every finding's newest change whatever its age."""

    begin: Begin
    now: Callable[[], datetime]
    retention: timedelta

    def __call__(self) -> Compacted:
        """Drop what is too old (export-api 1.4, guarantee 6)."""
        now = self.now()
        before = now - self.retention
        with self.begin() as stores:
            changes = stores.feed.compact(before, before)
        with self.begin() as stores:
            deliveries = stores.deliveries.forget(now - DELIVERIES_KEPT)
            stores.clients.forget(now, before)
        return Compacted(changes, deliveries)
