"""Effective access of a whole space in one pass: equal access is one profile.

``effective(item) = effective(parent)`` unless the item is restricted. Principals
of interest are bits of an int, so a chain of view lists is a chain of ``&``.
"""

import operator
from collections import defaultdict
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from itertools import compress, count
from typing import NamedTuple

from casb_sdk.content import NO_PARENT, ContentTable
from casb_sdk.model import NodeState, Restriction

NO_ANCHOR = -1
ANONYMOUS_BIT = 1
VIEWABLE = frozenset({"current", "archived"})
NOT_CONTENT = frozenset({"comment", "attachment"})
REACHED, LOOPING = 1, 2
IS_SET = bytes.maketrans(b"01", b"\0\1")
SPARSE = 8
"""From one bit in so many on, looking at each costs less than searching the next."""


@dataclass(frozen=True, slots=True)
class Masks:
    """Who holds what on the space, as bits; ``own`` leaves anonymous grants out.

    ``admits`` answers for a restriction list, ``editors`` for a content type:
    (by their own grants, by all grants).
    """

    everybody: int
    readers_own: int
    readers: int
    admits: Callable[[Restriction], int]
    editors: Callable[[str], tuple[int, int]]


class Profile(NamedTuple):
    """Items with the same access, and the boundary at which it starts."""

    view_anchor: int
    edit_anchor: int
    view: int
    edit: int
    content_type: str
    is_past_missing: bool
    rows: list[int]


@dataclass(frozen=True, slots=True)
class Profiles:
    """All profiles of a space, and the rows no verdict can be given for."""

    profiles: tuple[Profile, ...]
    unjudged: tuple[int, ...] = ()


class _Branch(NamedTuple):
    """What an item hands down to its children."""

    anchor: int
    admitted: int
    is_past_missing: bool = False
    is_blind: bool = False


_Bucket = tuple[int, str, str, int]


@dataclass(slots=True)
class _Fold:
    content: ContentTable
    masks: Masks
    blind_rows: AbstractSet[int]
    branches: list[_Branch] = field(default_factory=list)
    buckets: defaultdict[_Bucket, list[int]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def run(self) -> Profiles:
        content = self.content
        self.branches.append(_Branch(NO_ANCHOR, self.masks.everybody))
        branch_of = [0] * (len(content) + 1)
        special = content.lists.keys() | content.states.keys() | self.blind_rows
        order, loops = parents_first(content.parents)
        parents, types, statuses = content.parents, content.types, content.statuses
        buckets = self.buckets
        for row in order:
            branch = branch_of[parents[row]]
            update_anchor = NO_ANCHOR
            if row in special:
                branch, update_anchor = self._enter(row, branch)
            branch_of[row] = branch
            buckets[branch, types[row], statuses[row], update_anchor].append(row)
        return self._profiles(loops, is_sorted=isinstance(order, range))

    def _enter(self, row: int, branch: int) -> tuple[int, int]:
        above = self.branches[branch]
        state = self.content.states.get(row, NodeState.LISTED)
        lists = self.content.lists.get(row)
        anchor, admitted = above.anchor, above.admitted
        if lists and lists.read:
            anchor, admitted = row, admitted & self.masks.admits(lists.read)
        below = _Branch(
            anchor,
            admitted,
            above.is_past_missing or state is NodeState.MISSING,
            above.is_blind or row in self.blind_rows,
        )
        if below != above:
            self.branches.append(below)
            branch = len(self.branches) - 1
        return branch, row if lists and lists.update else NO_ANCHOR

    def _profiles(self, loops: Sequence[int], *, is_sorted: bool) -> Profiles:
        profiles: list[Profile] = []
        unjudged = list(loops)
        for bucket, bucket_rows in self.buckets.items():
            if self.branches[bucket[0]].is_blind:
                unjudged.extend(bucket_rows)
                continue
            rows = self._listed(bucket_rows)
            if not is_sorted:
                rows.sort()
            if rows and bucket[1] not in NOT_CONTENT and bucket[2] in VIEWABLE:
                profiles.append(self._profile(bucket, rows))
        return Profiles(tuple(profiles), tuple(sorted(unjudged)))

    def _listed(self, rows: list[int]) -> list[int]:
        states = self.content.states
        if not states:
            return rows
        return [row for row in rows if row not in states]

    def _profile(self, bucket: _Bucket, rows: list[int]) -> Profile:
        number, content_type, status, update_anchor = bucket
        branch, masks = self.branches[number], self.masks
        view_own = masks.readers_own & branch.admitted
        view_all = masks.readers & branch.admitted
        edit_own = edit_all = 0
        if status == "current":
            editors_own, editors = masks.editors(content_type)
            passing = masks.everybody
            if update_anchor != NO_ANCHOR:
                passing = masks.admits(self.content.lists[update_anchor].update)
            edit_own = view_own & editors_own & passing
            edit_all = view_all & editors & passing
        return Profile(
            view_anchor=branch.anchor,
            edit_anchor=(
                branch.anchor if update_anchor == NO_ANCHOR else update_anchor
            ),
            view=_attributed(view_own, view_all),
            edit=_attributed(edit_own, edit_all),
            content_type=content_type,
            is_past_missing=branch.is_past_missing,
            rows=rows,
        )


def profiles_of(
    content: ContentTable, masks: Masks, refused: AbstractSet[str] = frozenset()
) -> Profiles:
    """Return who reaches what in a space, linear in its items and boundaries.

    ``refused`` are items whose own restrictions could not be read: with an empty
    list nobody could tell them from open ones.
    """
    return _Fold(content, masks, _blind_rows(content, refused)).run()


def _blind_rows(content: ContentTable, refused: AbstractSet[str]) -> AbstractSet[int]:
    """Return the rows from which on nothing can be said."""
    blind = set(content.orphans)
    blind.update(
        row for row, state in content.states.items() if state is NodeState.UNREADABLE
    )
    if refused:
        blind.update(row for row, id_ in enumerate(content.ids) if id_ in refused)
    return blind


def _attributed(own: int, everything: int) -> int:
    """Give anonymous reach to people only where the anonymous lack it (1.4)."""
    if everything & ANONYMOUS_BIT:
        return own | ANONYMOUS_BIT
    return everything


def parents_first(parents: Sequence[int]) -> tuple[Sequence[int], Sequence[int]]:
    """Return rows with parents before children, and the rows caught in loops.

    Nearly in their own order: only a row whose parent comes later waits for it.
    """
    if all(map(operator.lt, parents, range(len(parents)))):
        return range(len(parents)), ()
    order: list[int] = []
    marks = bytearray(len(parents) + 1)
    # Stands for the parent of whatever has none, -1.
    marks[NO_PARENT] = REACHED
    for row, parent in enumerate(parents):
        if marks[row]:
            continue
        if marks[parent] == REACHED:
            marks[row] = REACHED
            order.append(row)
            continue
        climbed = _unmarked(row, parents, marks)
        top = parents[climbed[-1]]
        for each in reversed(climbed):
            marks[each] = marks[top]
        if marks[top] == REACHED:
            order += reversed(climbed)
    if len(order) == len(parents):
        return order, ()
    return order, [row for row in range(len(parents)) if marks[row] == LOOPING]


def _unmarked(row: int, parents: Sequence[int], marks: bytearray) -> list[int]:
    """Return a row and the unmarked ones above it, marked as if they formed a loop."""
    climbed: list[int] = []
    while not marks[row]:
        marks[row] = LOOPING
        climbed.append(row)
        row = parents[row]
    return climbed


def bits(mask: int) -> list[int]:
    """Return the positions of the bits that are set."""
    digits = f"{mask:b}"[::-1]
    if mask.bit_count() * SPARSE > len(digits):
        return list(compress(count(), digits.encode().translate(IS_SET)))
    positions: list[int] = []
    at = digits.find("1")
    while at >= 0:
        positions.append(at)
        at = digits.find("1", at + 1)
    return positions
