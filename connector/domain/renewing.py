"""What an incremental scan reads again: what left a trace, and what is oldest."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from connector.domain.freshness import SiteAge, SpaceAge

OVERLAP = timedelta(hours=1)
"""The search index and the audit log may have been behind when they were last read."""

SWEEP_WITHIN = timedelta(days=7)
"""How old restrictions may get where nobody says otherwise."""

SMALL_GROUP = 5
"""So many members cost hardly more than their count, which is blind to a swap."""


class Why(StrEnum):
    """Why a space is read whole, though the last scan left a snapshot of it."""

    NEW = "new"
    RENEWED = "renewed"
    UNREAD = "unread"
    COUNT = "count"
    AUDIT = "audit"
    SWEEP = "sweep"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class RenewalPlan:
    """What an incremental scan reads; all else stays as the last scans left it.

    ``whole`` says of the spaces that are read whole why. Of the ``kept`` ones those in
    ``grants`` have their grants read, and those in ``changed`` some items. ``groups``
    are read again, the other ones that are known only if their size differs.
    ``looks_up`` says that everybody who matters is looked up again; ``reason`` is why
    nothing could be kept. ``changes`` counts what search named.
    """

    whole: Mapping[str, Why] = field(default_factory=dict)
    kept: frozenset[str] = frozenset()
    grants: frozenset[str] = frozenset()
    changed: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    looks_up: bool = False
    audited: bool = False
    changes: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Sweep:
    """Reads the oldest again, a little in each scan, so that nothing gets too old.

    ``elapsed`` is the time since the last scan. Nothing younger than half of
    ``within`` is read, so that full scans which come often enough leave nothing to
    sweep.
    """

    now: datetime
    elapsed: timedelta
    within: timedelta

    def due(self, ages: Mapping[str, tuple[datetime, int]]) -> frozenset[str]:
        """Return what is to be read now, of things with an age and a weight."""
        half = self.within / 2
        total = sum(weight for _, weight in ages.values())
        share = total * (self.elapsed / half) if half else total
        return frozenset(self._oldest(ages, share))

    def _oldest(
        self, ages: Mapping[str, tuple[datetime, int]], share: float
    ) -> Iterator[str]:
        taken = 0.0
        for key, (read_at, weight) in sorted(ages.items(), key=lambda a: (a[1], a[0])):
            age = self.now - read_at
            is_last_call = age + self.elapsed >= self.within
            if not is_last_call and (age < self.within / 2 or taken >= share):
                return
            taken += weight
            yield key


def spaces_due(sweep: Sweep, ages: Mapping[str, SpaceAge]) -> frozenset[str]:
    """Return the spaces whose restrictions are to be read again."""
    return sweep.due({id_: (a.whole_at, a.listed + 1) for id_, a in ages.items()})


def grants_due(sweep: Sweep, ages: Mapping[str, SpaceAge]) -> frozenset[str]:
    """Return the spaces whose grants are to be read again."""
    return sweep.due({id_: (age.grants_at, 1) for id_, age in ages.items()})


def groups_due(sweep: Sweep, age: SiteAge, sizes: Mapping[str, int]) -> frozenset[str]:
    """Return the groups to be read again; ``sizes`` are those that are known."""
    old = {id_: (age.groups[id_].read_at, size + 1) for id_, size in sizes.items()}
    small = (id_ for id_, size in sizes.items() if size <= SMALL_GROUP)
    return sweep.due(old) | frozenset(small)
