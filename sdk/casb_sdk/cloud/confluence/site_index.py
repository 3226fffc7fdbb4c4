"""A site made searchable: where an item is, what a listing may show."""

from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from casb_sdk.cloud.options import CloudSite
from casb_sdk.content import NO_PARENT, UNRESTRICTED, ContentTable, Lists, id_order
from casb_sdk.model import Account, Group, Lookup, Membership, NodeState, Space
from casb_sdk.snapshot import SpaceSnapshot

FIRST_CREATION = 1_546_300_800.0
CREATION_SPAN = 200_000_000.0
IDS_PER_SECOND = 8
DAY = 86_400.0
MOST_DAYS = 300
ROW_BITS = 32
ROW_MASK = (1 << ROW_BITS) - 1
GONE_STATUSES = frozenset({"trashed", "draft", "deleted"})


@dataclass(frozen=True, slots=True)
class Spot:
    """One item of a site: a row of a space."""

    space: Space
    table: ContentTable
    row: int
    number: int

    @property
    def id(self) -> str:
        """The id of the item."""
        return self.table.ids[self.row]

    @property
    def type(self) -> str:
        """The content type of the item."""
        return self.table.types[self.row]

    @property
    def status(self) -> str:
        """The status of the item."""
        return self.table.statuses[self.row]

    @property
    def state(self) -> NodeState:
        """How readable the item is."""
        return self.table.states.get(self.row, NodeState.LISTED)

    @property
    def lists(self) -> Lists:
        """The item's own read and update lists."""
        return self.table.lists.get(self.row, UNRESTRICTED)

    @property
    def parent_id(self) -> str:
        """The id of the parent, whether or not it can be seen."""
        parent = self.table.parents[self.row]
        if parent == NO_PARENT:
            return self.table.orphans.get(self.row, "")
        return self.table.ids[parent]

    @property
    def is_gone(self) -> bool:
        """Whether a read by id answers 404: trashed, a draft, or missing."""
        return self.status in GONE_STATUSES or self.state is NodeState.MISSING


class SiteIndex:
    """The truth of a site with the look-ups the routes need.

    ``previous`` is the index this one replaces: items that changed since then
    were modified ``now``.
    """

    def __init__(
        self, site: CloudSite, previous: "SiteIndex | None" = None, now: float = 0.0
    ) -> None:
        self.site = site
        self.directory = site.snapshot.directory
        self.cloud_id = site.cloud_id
        host = self.directory.site.url.rstrip("/").removesuffix("/wiki")
        self.host = host or f"https://{self.cloud_id}.atlassian.net"
        self.base = f"{self.host}/wiki"
        self.spaces = _visible_spaces(site)
        self.by_id = {s.space.id: n for n, s in enumerate(self.spaces)}
        self.by_key = {s.space.key: n for n, s in enumerate(self.spaces)}
        self._places = {
            id_: number << ROW_BITS | row
            for number, snapshot in enumerate(self.spaces)
            for row, id_ in enumerate(snapshot.content.ids)
        }
        self.accounts_changed: dict[str, float]
        self._times: dict[int, array[float]] = {}
        self._children: dict[int, dict[int, list[int]]] = {}
        self._touched = _changes(self, previous, now) if previous else {}
        self.accounts_changed = _people(self, previous, now) if previous else {}

    def space(self, space_id: str) -> SpaceSnapshot | None:
        """Return a visible space by its id."""
        number = self.by_id.get(space_id)
        return None if number is None else self.spaces[number]

    def find(self, content_id: str) -> Spot | None:
        """Return a visible item by its id, whatever its status."""
        place = self._places.get(content_id)
        if place is None or content_id in self.site.hidden_ids:
            return None
        return self.at(place)

    def at(self, place: int) -> Spot:
        """Return the item at a place of a result list."""
        number, row = place >> ROW_BITS, place & ROW_MASK
        snapshot = self.spaces[number]
        return Spot(snapshot.space, snapshot.content, row, number)

    def places(
        self, number: int, types: frozenset[str], statuses: frozenset[str]
    ) -> Iterator[int]:
        """Yield the listed items of a space by id, those of some types and statuses."""
        table = self.spaces[number].content
        first = number << ROW_BITS
        hidden = self.site.hidden_ids
        columns = zip(table.ids, table.types, table.statuses, strict=True)
        for row, (id_, type_, status) in enumerate(columns):
            if type_ in types and status in statuses and id_ not in hidden:
                if table.states and _is_unlisted(table, row):
                    continue
                yield first | row

    def sorted_by_id(self, places: "array[int]") -> "array[int]":
        """Return places of several spaces in the order of the ids."""
        numbers = self._ids_as_numbers
        if numbers is not None:
            return array(
                "q", sorted(places, key=lambda p: numbers[p >> ROW_BITS][p & ROW_MASK])
            )
        return array("q", sorted(places, key=lambda p: id_order(self.at(p).id)))

    def ancestors(self, spot: Spot) -> tuple[Spot, ...]:
        """Return the visible ancestors of an item, the topmost first."""
        rows = spot.table.chain(spot.row)[:0:-1]
        hidden = self.site.hidden_ids
        return tuple(
            Spot(spot.space, spot.table, row, spot.number)
            for row in rows
            if not hidden or spot.table.ids[row] not in hidden
        )

    def created(self, spot: Spot) -> float:
        """Return when an item was created: later ids, later times."""
        return created_at(spot.id)

    def modified(self, spot: Spot) -> float:
        """Return when an item was last modified."""
        return self._modified_row(spot.table, spot.row)

    def modified_at(self, place: int) -> float:
        """Return when the item at a place was last modified."""
        number = place >> ROW_BITS
        if number not in self._times:
            table = self.spaces[number].content
            times = (self._modified_row(table, row) for row in range(len(table)))
            self._times[number] = array("d", times)
        return self._times[number][place & ROW_MASK]

    def _modified_row(self, table: ContentTable, row: int) -> float:
        touched = self._touched.get(table.ids[row])
        if touched is not None:
            return touched
        days = min(table.versions[row] - 1, MOST_DAYS)
        return created_at(table.ids[row]) + days * DAY

    def account(self, account_id: str) -> Account | None:
        """Return an account of the directory, none if Confluence has none."""
        account = self.directory.accounts.get(account_id)
        return account if account and account.lookup is not Lookup.ABSENT else None

    def group(self, group_id: str) -> Group | None:
        """Return a group that exists."""
        group = self.directory.groups.get(group_id)
        return group if group and group.membership is not Membership.GONE else None

    @cached_property
    def _ids_as_numbers(self) -> "list[array[int]] | None":
        """The ids of each space as numbers, none where a test made up its own."""
        try:
            return [array("q", map(int, s.content.ids)) for s in self.spaces]
        except ValueError:
            return None

    @cached_property
    def accounts(self) -> tuple[Account, ...]:
        """Every account of the directory, by id."""
        known = self.directory.accounts
        return tuple(a for i in sorted(known) if (a := self.account(i)) is not None)

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """Every existing group, by name."""
        known = sorted(self.directory.groups.values(), key=lambda g: (g.name, g.id))
        return tuple(g for g in known if self.group(g.id))

    @cached_property
    def groups_of(self) -> dict[str, tuple[Group, ...]]:
        """The groups of every member."""
        found: dict[str, list[Group]] = {}
        for group in self.groups:
            for member in group.members:
                found.setdefault(member, []).append(group)
        return {member: tuple(groups) for member, groups in found.items()}

    @cached_property
    def installer(self) -> str:
        """The account that consents unless the page says otherwise."""
        if self.site.installer:
            return self.site.installer
        humans = (
            a.id
            for a in self.directory.accounts.values()
            if a.account_type == "atlassian" and a.type == "known" and not a.is_guest
        )
        return next(humans, "installer")

    def children_of(self, number: int) -> dict[int, list[int]]:
        """Return the child rows of every row of a space."""
        if number not in self._children:
            found: dict[int, list[int]] = {}
            for row, parent in enumerate(self.spaces[number].content.parents):
                found.setdefault(parent, []).append(row)
            self._children[number] = found
        return self._children[number]


def created_at(content_id: str) -> float:
    """Return the creation time an id stands for."""
    number = int(content_id) if content_id.isdigit() else len(content_id)
    return FIRST_CREATION + min(number / IDS_PER_SECOND, CREATION_SPAN)


def _visible_spaces(site: CloudSite) -> tuple[SpaceSnapshot, ...]:
    return tuple(
        sorted(
            (
                snapshot
                for snapshot in site.snapshot.spaces
                if not {snapshot.space.id, snapshot.space.key} & site.hidden_spaces
            ),
            key=lambda snapshot: id_order(snapshot.space.id),
        )
    )


def _is_unlisted(table: ContentTable, row: int) -> bool:
    return table.states.get(row) in {NodeState.MISSING, NodeState.UNREADABLE}


def _changes(index: SiteIndex, previous: SiteIndex, now: float) -> dict[str, float]:
    touched = dict(previous._touched)  # noqa: SLF001 - another of our own kind
    for snapshot in index.spaces:
        before = previous.space(snapshot.space.id)
        if before is not None and before.content is snapshot.content:
            continue
        for row, id_ in enumerate(snapshot.content.ids):
            old = previous.find(id_)
            if old is None or _face(old.table, old.row) != _face(snapshot.content, row):
                touched[id_] = now
    return touched


def _people(index: SiteIndex, previous: SiteIndex, now: float) -> dict[str, float]:
    """Return when the accounts changed that look otherwise than they once did."""
    before = previous.directory.accounts
    changed = {
        id_: now
        for id_, account in index.directory.accounts.items()
        if id_ in before and before[id_] != account
    }
    return previous.accounts_changed | changed


def _face(table: ContentTable, row: int) -> tuple[object, ...]:
    parent = table.parents[row]
    return (
        table.titles[row],
        table.versions[row],
        table.statuses[row],
        table.ids[parent] if parent >= 0 else "",
    )
