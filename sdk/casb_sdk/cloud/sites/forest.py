"""The content trees of a generated site, built as columns."""

import random
from dataclasses import dataclass

from casb_sdk.cloud.sites.crowd import Crowd
from casb_sdk.cloud.sites.words import titles
from casb_sdk.content import NO_PARENT, ContentTable, Lists
from casb_sdk.model import Restriction

TYPES = ("page", "blogpost", "whiteboard", "folder", "database", "embed")
TYPE_WEIGHTS = (88, 5, 3, 2, 1, 1)
DEPTHS = tuple(range(1, 13))
DEPTH_WEIGHTS = (6, 14, 20, 19, 15, 10, 7, 4, 2, 1, 1, 1)
VERSIONS = tuple(range(1, 25))
VERSION_WEIGHTS = tuple(1 / version for version in VERSIONS)
FIRST_ID = 10_000_000
ID_SPREAD = 4
MOVED = 0.01
ARCHIVED = 0.006
TRASHED = 0.005
DRAFTS = 0.003
BURIED = 0.00005
RESTRICTED = 0.026
CROWDED_LIST = 230
CROWDED_SPACE = 5_000
DEAD_SHARE = 0.05
OUTSIDER_SHARE = 0.06


@dataclass(frozen=True, slots=True)
class Plot:
    """Where a space stands: its number among how many, and who works there."""

    number: int
    spaces: int
    size: int
    largest: int
    guests: tuple[str, ...] = ()

    def ids(self, rng: random.Random) -> list[str]:
        """Return rising ids, mixed with those of the other spaces and never equal."""
        step = max(1, ID_SPREAD * self.largest // max(1, self.size))
        ids, count = [], 0
        for _ in range(self.size):
            count += 1 + int(rng.random() * (2 * step - 1))
            ids.append(str(FIRST_ID + count * self.spaces + self.number))
        return ids


def grow(rng: random.Random, crowd: Crowd, plot: Plot, name: str) -> ContentTable:
    """Return the content of one space; its homepage comes first."""
    size = plot.size
    types = rng.choices(TYPES, TYPE_WEIGHTS, k=size)
    types[:1] = ["page"][:size]
    parents = _tree(rng, types)
    has_children = _move_some(rng, types, parents)
    statuses = _statuses(rng, types, parents, has_children)
    names = titles(rng, size)
    names[:1] = [name][:size]
    lists = _restrict(rng, crowd, plot, has_children)
    return ContentTable(
        ids=tuple(plot.ids(rng)),
        types=tuple(types),
        statuses=tuple(statuses),
        titles=tuple(names),
        versions=tuple(rng.choices(VERSIONS, VERSION_WEIGHTS, k=size)),
        parents=tuple(parents),
        lists=lists,
    )


def _tree(rng: random.Random, types: list[str]) -> list[int]:
    """Return a parent for every row, by the depth it should have."""
    depths = rng.choices(DEPTHS, DEPTH_WEIGHTS, k=len(types))
    parents = [NO_PARENT] * len(types)
    levels: list[list[int]] = [[0]]
    pick = rng.random
    for row in range(1, len(types)):
        if types[row] == "blogpost":
            continue
        depth = min(depths[row], len(levels))
        above = levels[depth - 1]
        parents[row] = above[int(pick() * len(above))]
        if depth == len(levels):
            levels.append([])
        levels[depth].append(row)
    return parents


def _move_some(rng: random.Random, types: list[str], parents: list[int]) -> bytearray:
    """Move a few leaves below later rows; return which rows have children."""
    size = len(types)
    has_children = bytearray(size)
    for parent in parents:
        if parent >= 0:
            has_children[parent] = 1
    for _ in range(int(size * MOVED)):
        row = rng.randrange(1, size)
        later = rng.randrange(row, size)
        movable = row < later and not has_children[row] and parents[row] >= 0
        if movable and types[later] != "blogpost":
            parents[row] = later
            has_children[later] = 1
    return has_children


def _statuses(
    rng: random.Random, types: list[str], parents: list[int], has_children: bytearray
) -> list[str]:
    size = len(types)
    statuses = ["current"] * size
    _archive_branches(rng, types, parents, statuses)
    for share, status in ((TRASHED, "trashed"), (DRAFTS, "draft")):
        for row in _some(rng, size, share):
            if not has_children[row]:
                statuses[row] = status
    for row in _some(rng, size, BURIED):
        statuses[row] = "trashed"
    return statuses


def _archive_branches(
    rng: random.Random, types: list[str], parents: list[int], statuses: list[str]
) -> None:
    """Archive some pages and the pages below them."""
    for row in _some(rng, len(types), ARCHIVED):
        if types[row] == "page":
            statuses[row] = "archived"
    for row in range(1, len(types)):
        above = parents[row]
        if 0 <= above < row and statuses[above] == "archived" and types[row] == "page":
            statuses[row] = "archived"


def _restrict(
    rng: random.Random, crowd: Crowd, plot: Plot, has_children: bytearray
) -> dict[int, Lists]:
    local = rng.sample(crowd.staff, min(30, len(crowd.staff)))
    lists: dict[int, Lists] = {}
    for row in _some(rng, plot.size, RESTRICTED):
        # Few branches and many leaves: people restrict what they just wrote.
        if has_children[row] and rng.random() < 0.5:  # noqa: PLR2004 - a coin
            continue
        lists[row] = _lists(rng, crowd, plot, local)
    if plot.size >= CROWDED_SPACE and len(crowd.staff) > CROWDED_LIST:
        many = frozenset(rng.sample(crowd.staff, CROWDED_LIST))
        lists[plot.size // 2] = Lists(read=Restriction(many))
    return lists


def _lists(rng: random.Random, crowd: Crowd, plot: Plot, local: list[str]) -> Lists:
    editors = _list(rng, crowd, plot, local)
    kind = rng.random()
    if kind < 0.3:  # noqa: PLR2004 - three in ten limit editing only
        return Lists(update=editors)
    readers = _list(rng, crowd, plot, local)
    both = Restriction(readers.users | editors.users, readers.groups | editors.groups)
    return Lists(read=both, update=editors if kind < 0.6 else Restriction())  # noqa: PLR2004


def _list(
    rng: random.Random, crowd: Crowd, plot: Plot, local: list[str]
) -> Restriction:
    users = set(rng.sample(local, min(len(local), rng.randint(1, 4))))
    groups: set[str] = set()
    chance = rng.random()
    if crowd.teams and chance < 0.4:  # noqa: PLR2004 - two in five name a team
        groups.add(rng.choice(crowd.teams))
    if rng.random() < DEAD_SHARE:
        groups.add(rng.choice(crowd.dissolved))
    if rng.random() < OUTSIDER_SHARE:
        users.add(rng.choice([*plot.guests, *crowd.outsiders, *crowd.apps]))
    return Restriction(frozenset(users), frozenset(groups))


def _some(rng: random.Random, size: int, share: float) -> list[int]:
    """Return a share of the rows, the homepage never among them."""
    wanted = share * (size - 1)
    count = int(wanted) + (rng.random() < wanted % 1)
    return rng.sample(range(1, size), count) if size > 1 else []
