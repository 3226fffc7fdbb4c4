"""A scan of a site, the units it is cut into, and how spaces are packed into shards."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum

from casb_sdk import AudiencePolicy, Coverage, Space
from casb_sdk.coverage import SEEN_WHOLE
from connector.domain.forecast import Forecast
from connector.domain.freshness import Renewal
from connector.domain.reading import Spending

MAX_SHARDS = 80
SPACES_PER_SHARD = 10
ITEMS_PER_SHARD = 2_500
KEY_CHARACTERS_PER_SHARD = 2_500
ARCHIVED_PER_SHARD = 4
ARCHIVED = "archived"
MOST_DEATHS = 10
"""So many workers may die of a unit since its last step before it is given up."""


class ScanStatus(StrEnum):
    """How far a scan has come."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class ScanKind(StrEnum):
    """How much a scan reads: all there is, or what can have changed since."""

    FULL = "full"
    INCREMENTAL = "incremental"


class Urgency(IntEnum):
    """Whose turn it is while several scans want one: a person waits for the first."""

    SCHEDULED = 0
    INTERACTIVE = 1


class UnitKind(StrEnum):
    """The kinds of unit, in the order they become possible."""

    DIRECTORY = "directory"
    SHARD = "shard"
    SITE = "site"


class UnitStatus(StrEnum):
    """How far a unit has come."""

    WAITING = "waiting"
    DONE = "done"
    PARKED = "parked"


@dataclass(frozen=True, slots=True)
class Unit:
    """A piece of a scan that one worker does at a time.

    ``cursor`` is where the unit goes on after a crash; ``space_ids`` is what a
    shard covers. ``failures`` are the tries that ended with an error of its own,
    ``deaths`` those since its last step whose worker died.
    """

    scan_id: str
    id: str
    kind: UnitKind
    space_ids: tuple[str, ...] = ()
    cursor: str = ""
    status: UnitStatus = UnitStatus.WAITING
    attempts: int = 0
    error: str = ""
    failures: int = 0
    deaths: int = 0


@dataclass(frozen=True, slots=True)
class Reading:
    """Something a scan read and must not read twice, as bytes the use cases know.

    ``key`` names the thing read (a space, a group); ``part`` tells the pages of
    one thing apart.
    """

    kind: str
    key: str
    payload: bytes
    part: str = ""


@dataclass(frozen=True, slots=True)
class Scan:
    """One run over one site; ``only_spaces`` holds keys, empty for all.

    While it runs, ``error`` says why it rests until ``rest_until``, for the
    ``setbacks``-th time in a row.
    """

    id: str
    site_id: str
    started_at: datetime
    only_spaces: frozenset[str] = frozenset()
    status: ScanStatus = ScanStatus.RUNNING
    finished_at: datetime | None = None
    error: str = ""
    urgency: Urgency = Urgency.INTERACTIVE
    setbacks: int = 0
    rest_until: datetime | None = None
    kind: ScanKind = ScanKind.FULL

    def answers(self, only_spaces: frozenset[str], kind: ScanKind) -> bool:
        """Return whether this scan reads all that is asked for; no keys ask for all."""
        if self.kind is not ScanKind.FULL and kind is ScanKind.FULL:
            return False
        return self.only_spaces in {frozenset(), only_spaces}


@dataclass(frozen=True, slots=True)
class ScanReport:
    """What a finished scan covered, spent and changed.

    ``open_findings`` are by severity, without the ``implied_findings``.
    ``forecast`` is what it was expected to cost when its spaces were known.
    ``audience_policy`` is the one it judged by, so that the next scan can tell a
    change of settings from a fix. ``renewal`` says what an incremental scan read again.
    """

    scan: Scan
    spaces: int = 0
    items: int = 0
    coverage: Coverage = SEEN_WHOLE
    spending: Spending = field(default_factory=Spending)
    changes: Mapping[str, int] = field(default_factory=dict)
    open_findings: Mapping[str, int] = field(default_factory=dict)
    implied_findings: int = 0
    parked: tuple[str, ...] = ()
    detector_failures: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    audience_policy: AudiencePolicy | None = None
    forecast: Forecast | None = None
    renewal: Renewal | None = None

    @property
    def restrictions_as_of(self) -> datetime | None:
        """When the oldest restriction was read that this scan judged by."""
        renewal = self.renewal
        return renewal.restrictions_as_of if renewal else self.scan.started_at

    @property
    def members_as_of(self) -> datetime | None:
        """When the members of the group read longest ago were read."""
        return self.renewal.members_as_of if self.renewal else self.scan.started_at

    @property
    def warnings(self) -> tuple[str, ...]:
        """What deserves a look although the scan came to its end."""
        return (*self.notes, *self.detector_failures, *self.parked)


def plan_shards(
    spaces: Sequence[Space], items_of: Mapping[str, int]
) -> tuple[tuple[str, ...], ...]:
    """Return the space ids of each shard: one search query reads a shard in full pages.

    ``items_of`` holds the item counts the last scan saw, by space id. Where counts
    are known, shards are balanced by them, the heaviest space first; where not,
    by the number of spaces. Spaces a shard names must fit into one query. Archived
    spaces stand apart, a few at a time: each of their items takes a call of its own,
    which nothing else should wait for.
    """
    archived = [space for space in spaces if space.status == ARCHIVED]
    others = [space for space in spaces if space.status != ARCHIVED]
    few = len(archived) // ARCHIVED_PER_SHARD
    packed = _packed(others, items_of, _shards_for(others, items_of))
    return (*packed, *_packed(archived, items_of, min(few, MAX_SHARDS)))


def _shards_for(spaces: Sequence[Space], items_of: Mapping[str, int]) -> int:
    """Return how many shards of searched spaces there are to be."""
    by_weight = sum(items_of.get(s.id, 0) for s in spaces) // ITEMS_PER_SHARD
    by_number = len(spaces) // SPACES_PER_SHARD
    by_keys = sum(len(space.key) + 3 for space in spaces) // KEY_CHARACTERS_PER_SHARD
    known = sum(space.id in items_of for space in spaces)
    wanted = by_weight if known * 2 >= len(spaces) else by_number
    return max(by_keys + 1, min(wanted, MAX_SHARDS))


def _packed(
    spaces: Sequence[Space], items_of: Mapping[str, int], count: int
) -> Iterator[tuple[str, ...]]:
    """Yield the ids of spaces in so many parts of about the same weight."""
    bins: list[list[Space]] = [[] for _ in range(min(max(1, count), len(spaces)))]
    loads = [0] * len(bins)
    weights = {space.id: items_of.get(space.id, 0) for space in spaces}
    for space in sorted(spaces, key=lambda s: (-weights[s.id], s.id)):
        lightest = min(range(len(bins)), key=lambda i: (loads[i], len(bins[i])))
        bins[lightest].append(space)
        loads[lightest] += weights[space.id] + 1
    return (tuple(space.id for space in bin_) for bin_ in bins)
