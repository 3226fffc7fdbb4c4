"""Turns listed items and their restriction lists into values of the access model."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from casb_sdk import Account, ContentItem, Coverage, Group, Restriction, Space
from casb_sdk.model import ANONYMOUS_ID, OPEN, NodeState
from connector.atlassian.capabilities import CONTENT_TYPES
from connector.atlassian.content_payloads import (
    AncestorRow,
    ContentRow,
    OperationLists,
    PageRow,
    Restrictions,
    SpaceRef,
    SubjectLists,
    Subjects,
)
from connector.atlassian.normalise import account_from, group_from, text_of
from connector.atlassian.payloads import GroupRow, User
from connector.domain.reading import ContentPage, FoundItem

NEVER_AN_ITEM = frozenset({"comment", "attachment"})
NEVER_READ = frozenset({"draft", "trashed", "deleted"})
ARCHIVED = "archived"
LISTED_STATUSES = frozenset({"current", ARCHIVED})
WITHOUT_PARENT = frozenset({"blogpost"})
UNKNOWN_PARENT = "unknown-parent"
UNNAMED_GROUP = "unnamed-group"
REMEMBERED = 20_000


@dataclass(frozen=True, slots=True)
class Listed:
    """A restriction list; ``is_whole`` is false where somebody may be missing."""

    restriction: Restriction = OPEN
    is_whole: bool = True


OPEN_TO_ALL = Listed()
NOT_SHOWN = Listed(is_whole=False)


@dataclass(slots=True)
class Told:
    """What a stream has told already and need not tell again; full, it forgets."""

    items: set[str] = field(default_factory=set)
    ancestors: set[str] = field(default_factory=set)
    people: set[str] = field(default_factory=set)
    archived: set[str] = field(default_factory=set)

    def is_new(self, ancestor_id: str) -> bool:
        """Return whether an ancestor was not told of, and take note of it."""
        if ancestor_id in self.items or ancestor_id in self.ancestors:
            return False
        self.ancestors.add(ancestor_id)
        return True

    def forget_if_full(self) -> None:
        """Keep the memory flat, however long the stream."""
        if len(self.items) + len(self.ancestors) > REMEMBERED:
            self.items.clear()
            self.ancestors.clear()
        if len(self.people) > REMEMBERED:
            self.people.clear()


@dataclass(slots=True)
class Cast:
    """Whom restriction lists described; those in ``known`` were described before."""

    known: set[str] = field(default_factory=set)
    accounts: list[Account] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)

    def listed(self, lists: OperationLists | str | None) -> Listed | None:
        """Return a list; None for one not shown, which is not an empty one."""
        if not isinstance(lists, OperationLists):
            return None
        inner = lists.restrictions
        if not isinstance(inner, SubjectLists):
            return None
        users, groups = inner.user, inner.group
        if not isinstance(users, Subjects) or not isinstance(groups, Subjects):
            return None
        if users.is_plainly_empty and groups.is_plainly_empty:
            return OPEN_TO_ALL
        is_whole = not (users.is_cut or groups.is_cut)
        restriction = Restriction(
            frozenset(map(self._user, users.results)),
            frozenset(map(self._group, groups.results)),
        )
        return Listed(restriction, is_whole=is_whole)

    def _user(self, user: User) -> str:
        id_ = user.account_id
        if not id_:
            # Somebody who cannot be told is nobody, yet the list is not empty.
            return ANONYMOUS_ID
        if id_ not in self.known and (account := account_from(user)):
            self.known.add(id_)
            self.accounts.append(account)
        return id_

    def _group(self, row: GroupRow) -> str:
        group = group_from(row)
        if group is None:
            return UNNAMED_GROUP
        if group.id not in self.known:
            self.known.add(group.id)
            self.groups.append(group)
        return group.id


@dataclass(slots=True)
class Harvest:
    """What one page of a listing holds that was not told before.

    ``homeless`` counts items that do not say which space they are in, ``unknown``
    types and statuses nobody has documented.
    """

    spaces: "Homes"
    told: Told = field(default_factory=Told)
    found: list[FoundItem] = field(default_factory=list)
    ancestors: list[FoundItem] = field(default_factory=list)
    cut: set[str] = field(default_factory=set)
    cast: Cast = field(init=False)
    homeless: int = 0
    unknown: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        """Go on with the people the stream told of."""
        self.told.forget_if_full()
        self.cast = Cast(self.told.people)

    def take(self, rows: Iterable[ContentRow]) -> None:
        """Take the items of a page of search results."""
        told = self.told.items
        for row in rows:
            if row.type in NEVER_AN_ITEM or row.status in NEVER_READ:
                continue
            id_ = text_of(row.id)
            if id_ in told:
                # Content that moves while we read shows up on the next page again.
                continue
            space_id = self.spaces.home_of(row.space)
            if space_id is None:
                self.homeless += 1
            elif space_id:
                told.add(id_)
                self._take(row, id_, space_id)

    @property
    def page(self) -> ContentPage:
        """All of it, as a page that nothing follows yet."""
        return ContentPage(
            found=tuple(self.found),
            ancestors=tuple(self.ancestors),
            accounts=tuple(self.cast.accounts),
            groups=tuple(self.cast.groups),
            cut=frozenset(self.cut),
            coverage=Coverage(unknown_values=dict(self.unknown)),
        )

    def _take(self, row: ContentRow, id_: str, space_id: str) -> None:
        lists = row.restrictions
        read = update = NOT_SHOWN
        if isinstance(lists, Restrictions):
            read = self.cast.listed(lists.read) or NOT_SHOWN
            update = self.cast.listed(lists.update) or NOT_SHOWN
        if not (read.is_whole and update.is_whole):
            self.cut.add(id_)
        type_, status = row.type or "page", row.status or "current"
        if status == ARCHIVED:
            self.told.archived.add(id_)
        if type_ not in CONTENT_TYPES or status not in LISTED_STATUSES:
            self._count_unknown(type_, status)
        item = ContentItem(
            id_,
            type_,
            status,
            row.title or "",
            self._parent_of(row, space_id),
            (row.version.number if row.version else None) or 1,
            read.restriction,
            update.restriction,
        )
        self.found.append(FoundItem(space_id, item))

    def _count_unknown(self, type_: str, status: str) -> None:
        if type_ not in CONTENT_TYPES:
            self.unknown[f"content.type={type_}"] += 1
        if status not in LISTED_STATUSES:
            self.unknown[f"content.status={status}"] += 1

    def _parent_of(self, row: ContentRow, space_id: str) -> str:
        """Return the parent, and tell of every ancestor with its own parent."""
        above = row.ancestors
        if not above:
            if above is not None or row.type in WITHOUT_PARENT:
                return ""
            parent = f"{UNKNOWN_PARENT}-{space_id}"
            if self.told.is_new(parent):
                self.ancestors.append(unreadable_ancestor(space_id, parent))
            return parent
        parent = text_of(above[-1].id)
        # Whoever was told was told with all ancestors: mostly there is nothing to do.
        if parent not in self.told.items and parent not in self.told.ancestors:
            self._tell(above, space_id)
        return parent

    def _tell(self, above: Iterable[AncestorRow], space_id: str) -> None:
        parent = ""
        for ancestor in above:
            id_ = text_of(ancestor.id)
            if self.told.is_new(id_):
                self.ancestors.append(ancestor_from(ancestor, space_id, parent))
            parent = id_


@dataclass(frozen=True, slots=True)
class Homes:
    """The spaces a listing was asked for, by id and by key."""

    ids: frozenset[str]
    ids_by_key: Mapping[str, str]

    @classmethod
    def of(cls, spaces: Sequence[Space]) -> "Homes":
        """Return the spaces ready to be looked up."""
        return cls(
            frozenset(space.id for space in spaces),
            {space.key: space.id for space in spaces},
        )

    def home_of(self, space: SpaceRef | None) -> str | None:
        """Return the id of a space, nothing for one not asked for, None if not said."""
        if space is None:
            return next(iter(self.ids)) if len(self.ids) == 1 else None
        id_ = text_of(space.id)
        return id_ if id_ in self.ids else self.ids_by_key.get(space.key or "", "")


def ancestor_from(row: AncestorRow, space_id: str, parent_id: str) -> FoundItem:
    """Return an ancestor that an item names."""
    item = ContentItem(
        text_of(row.id),
        row.type or "page",
        row.status or "current",
        row.title or "",
        parent_id,
        state=NodeState.ANCESTOR,
    )
    return FoundItem(space_id, item)


def unreadable_ancestor(space_id: str, id_: str, type_: str = "page") -> FoundItem:
    """Return an ancestor of which only the id is known: nothing is claimed below it."""
    return FoundItem(space_id, ContentItem(id_, type_, state=NodeState.UNREADABLE))


def page_from(
    row: PageRow, type_: str, lists: tuple[Restriction, Restriction]
) -> ContentItem:
    """Return a page or blog post of a v2 listing with its own read and update list."""
    return ContentItem(
        text_of(row.id),
        type_,
        row.status or "current",
        row.title or "",
        text_of(row.parent_id),
        (row.version.number if row.version else None) or 1,
        *lists,
    )
