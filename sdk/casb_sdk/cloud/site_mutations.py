"""Random changes of every kind to a small site, for tests that compare scans."""

import random
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum

from casb_sdk.cloud.options import AuditRecord
from casb_sdk.cloud.permission_changes import (
    JOIN,
    LEAVE,
    SWAP,
    with_other_holders,
    with_other_lists,
    with_other_members,
)
from casb_sdk.cloud.site_changes import DayOfChanges
from casb_sdk.content import ContentTable, id_order
from casb_sdk.model import ContentItem, Membership, NodeState, Space
from casb_sdk.snapshot import Directory, SiteSnapshot, SpaceSnapshot

CURRENT, ARCHIVED, TRASHED = "current", "archived", "trashed"
POST = "blogpost"
NEW_TYPES = ("page", "page", "page", "page", POST, "whiteboard", "folder")
FEWEST_SPACES = 3
MOST_OF_A_KIND = 3

Items = dict[str, ContentItem]


class Mutation(StrEnum):
    """The kinds of change.

    ``RESTRICTED`` and ``SWAPPED`` leave no trace in what a poll could compare cheaply.
    The simulated cloud dates an item anew when its parent changes; it does not for one
    that goes from the top of one space to the top of another.
    """

    NEW_PAGE = "new_page"
    RETITLED = "retitled"
    MOVED = "moved"
    MOVED_AWAY = "moved_away"
    TRASHED = "trashed"
    ARCHIVED = "archived"
    RESTRICTED = "restricted"
    GRANTED = "granted"
    JOINED = "joined"
    LEFT = "left"
    SWAPPED = "swapped"
    NEW_SPACE = "new_space"
    REMOVED_SPACE = "removed_space"
    RENAMED_SPACE = "renamed_space"
    ARCHIVED_SPACE = "archived_space"


ALL_MUTATIONS = frozenset(Mutation)


def mutate_site(
    snapshot: SiteSnapshot,
    rng: random.Random,
    kinds: Collection[Mutation] = ALL_MUTATIONS,
    *,
    now: float,
    most: int = MOST_OF_A_KIND,
) -> DayOfChanges:
    """Return a site after up to ``most`` changes of each kind, in any order.

    Grants, roles and restrictions stand in the audit log at ``now``, nothing else
    does. The homepages of spaces stay where they are.
    """
    drawn = [kind for kind in sorted(kinds) for _ in range(rng.randint(0, most))]
    rng.shuffle(drawn)
    site = _Mutable(rng, now, snapshot.directory, list(snapshot.spaces))
    for kind in drawn:
        _CHANGES[kind](site)
    after = SiteSnapshot(site.directory, tuple(site.spaces))
    return DayOfChanges(after, tuple(site.audit))


@dataclass(slots=True)
class _Mutable:
    """A site under change."""

    rng: random.Random
    now: float
    directory: Directory
    spaces: list[SpaceSnapshot]
    audit: list[AuditRecord] = field(default_factory=list)

    def add_page(self) -> None:
        number = self._any_space()
        items = _items_of(self.spaces[number])
        type_ = self.rng.choice(NEW_TYPES)
        above = ["", *_parents(items.values())]
        parent = "" if type_ == POST else self.rng.choice(above)
        id_ = self._new_id()
        items[id_] = ContentItem(id_, type_, title=f"New {id_}", parent_id=parent)
        self._put(number, items)

    def retitle(self) -> None:
        number, item = self._any_item()
        if item:
            self._put_item(
                number,
                replace(item, title=f"{item.title} (new)", version=item.version + 1),
            )

    def move(self) -> None:
        number, item = self._any_item()
        if item is None or item.type == POST:
            return
        items = _items_of(self.spaces[number])
        below = _branch(items, item.id)
        above = [id_ for id_ in _parents(items.values()) if id_ not in below]
        parent = self.rng.choice(["", *above])
        self._put_item(number, replace(item, parent_id=parent))

    def move_away(self) -> None:
        """Move an item without children to the top of another space."""
        number, item = self._any_item(is_leaf=True)
        other = self._any_space()
        if item is None or other == number:
            return
        left, joined = _items_of(self.spaces[number]), _items_of(self.spaces[other])
        del left[item.id]
        joined[item.id] = replace(item, parent_id="")
        self._put(number, left)
        self._put(other, joined)

    def trash(self) -> None:
        """Trash an item; what was below it moves up."""
        number, item = self._any_item()
        if item is None:
            return
        items = _items_of(self.spaces[number])
        for child in list(items.values()):
            if child.parent_id == item.id:
                items[child.id] = replace(child, parent_id=item.parent_id)
        items[item.id] = replace(item, status=TRASHED)
        self._put(number, items)

    def archive(self) -> None:
        """Archive a page without children, or take one out of the archive."""
        status = self.rng.choice((CURRENT, ARCHIVED))
        number, item = self._any_item(status, is_leaf=True)
        if item is None or item.type != "page":
            return
        above = _items_of(self.spaces[number]).get(item.parent_id)
        if above is None or above.status == CURRENT:
            other = ARCHIVED if status == CURRENT else CURRENT
            self._put_item(number, replace(item, status=other))

    def restrict(self) -> None:
        number = self._any_space()
        space = self.spaces[number]
        change = with_other_lists(self.rng, space, self.directory, self.now)
        if change:
            self.spaces[number], record = change
            self.audit.append(record)

    def grant(self) -> None:
        number = self.rng.randrange(len(self.spaces))
        space = self.spaces[number]
        changed = with_other_holders(self.rng, space, self.directory, self.now)
        self.spaces[number], record = changed
        self.audit.append(record)

    def regroup(self, way: str) -> None:
        known = self.directory.groups
        readable = [i for i, g in known.items() if g.membership is Membership.COMPLETE]
        if readable:
            id_ = self.rng.choice(sorted(readable))
            after = with_other_members(self.rng, known[id_], self.directory, (way,))
            self.directory = replace(self.directory, groups={**known, id_: after})

    def add_space(self) -> None:
        """Add a space with a homepage and a page, granted to whom another one is."""
        model = self.rng.choice(self.spaces)
        id_ = self._new_id()
        home, page = str(int(id_) + 1), str(int(id_) + 2)
        space = Space(id_, f"N{id_}", f"New space {id_}", homepage_id=home)
        content = ContentTable.of(
            (
                ContentItem(home, title=space.name),
                ContentItem(page, title=f"New {page}", parent_id=home),
            )
        )
        self.spaces.append(
            SpaceSnapshot(space, model.grants, model.assignments, content)
        )

    def remove_space(self) -> None:
        if len(self.spaces) > FEWEST_SPACES:
            del self.spaces[self.rng.randrange(len(self.spaces))]

    def rename_space(self) -> None:
        number = self.rng.randrange(len(self.spaces))
        space = self.spaces[number].space
        self._put_space(number, replace(space, name=f"{space.name} (new)"))

    def archive_space(self) -> None:
        """Archive a space, or take it out of the archive."""
        number = self.rng.randrange(len(self.spaces))
        space = self.spaces[number].space
        other = ARCHIVED if space.status == CURRENT else CURRENT
        self._put_space(number, replace(space, status=other))

    def _any_space(self) -> int:
        """Return a space that people may write in, if there is one."""
        numbers = range(len(self.spaces))
        current = [n for n in numbers if self.spaces[n].space.status == CURRENT]
        return self.rng.choice(current or list(numbers))

    def _any_item(
        self, status: str = CURRENT, *, is_leaf: bool = False
    ) -> tuple[int, ContentItem | None]:
        """Return a space and one of its items, None where there is none of the kind."""
        number = self._any_space()
        space = self.spaces[number]
        items = _items_of(space)
        parents = {item.parent_id for item in items.values()} if is_leaf else set()
        some = [
            item
            for item in items.values()
            if item.status == status
            and item.state is NodeState.LISTED
            and item.id not in {*parents, space.space.homepage_id}
        ]
        return number, self.rng.choice(some) if some else None

    def _new_id(self) -> str:
        """Return an id above all others, and above the next two of a new space."""
        ids = [id_ for space in self.spaces for id_ in space.content.ids]
        ids += [space.space.id for space in self.spaces]
        numbers = (int(id_) for id_ in ids if id_.isdigit())
        return str(max(numbers, default=0) + self.rng.randint(3, 9))

    def _put_item(self, number: int, item: ContentItem) -> None:
        self._put(number, _items_of(self.spaces[number]) | {item.id: item})

    def _put(self, number: int, items: Items) -> None:
        content = ContentTable.of(items.values())
        self.spaces[number] = replace(self.spaces[number], content=content)

    def _put_space(self, number: int, space: Space) -> None:
        self.spaces[number] = replace(self.spaces[number], space=space)


_CHANGES: dict[Mutation, Callable[[_Mutable], None]] = {
    Mutation.NEW_PAGE: _Mutable.add_page,
    Mutation.RETITLED: _Mutable.retitle,
    Mutation.MOVED: _Mutable.move,
    Mutation.MOVED_AWAY: _Mutable.move_away,
    Mutation.TRASHED: _Mutable.trash,
    Mutation.ARCHIVED: _Mutable.archive,
    Mutation.RESTRICTED: _Mutable.restrict,
    Mutation.GRANTED: _Mutable.grant,
    Mutation.JOINED: lambda site: site.regroup(JOIN),
    Mutation.LEFT: lambda site: site.regroup(LEAVE),
    Mutation.SWAPPED: lambda site: site.regroup(SWAP),
    Mutation.NEW_SPACE: _Mutable.add_space,
    Mutation.REMOVED_SPACE: _Mutable.remove_space,
    Mutation.RENAMED_SPACE: _Mutable.rename_space,
    Mutation.ARCHIVED_SPACE: _Mutable.archive_space,
}


def _items_of(space: SpaceSnapshot) -> Items:
    table = space.content
    return {id_: table.item(row) for row, id_ in enumerate(table.ids)}


def _parents(items: Iterable[ContentItem]) -> list[str]:
    """Return the items something can stand below, in the order of their ids."""
    able = (i.id for i in items if i.status == CURRENT and i.type != POST)
    return sorted(able, key=id_order)


def _branch(items: Items, top: str) -> set[str]:
    """Return an item and all below it."""
    found = {top}
    while more := {i.id for i in items.values() if i.parent_id in found} - found:
        found |= more
    return found
