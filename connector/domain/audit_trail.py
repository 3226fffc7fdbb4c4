"""What the audit log names: it knows spaces, groups and items by name, not by id."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from casb_sdk import Group, Space
from connector.domain.reading import AuditEvent

ABOUT_ACCESS = ("permission", "restrict", "role", "access")
"""Words in the category or the summary of what changes who sees something."""

KINDS = ("space", "group", "user", "app")
ITEM = "item"


@dataclass(frozen=True, slots=True)
class Named:
    """What the log says is not as it was.

    ``spaces`` had their grants changed. ``items`` are titles by space id, under the
    empty id where no space of ours was named. ``all_grants`` is set where a change of
    permissions names nothing that we know.
    """

    spaces: frozenset[str] = frozenset()
    items: Mapping[str, frozenset[str]] = field(default_factory=dict)
    groups: frozenset[str] = frozenset()
    all_grants: bool = False


@dataclass(frozen=True, slots=True)
class Trail:
    """Finds what events name among the spaces and groups of a site."""

    spaces: Mapping[str, frozenset[str]]
    groups: Mapping[str, frozenset[str]]

    @classmethod
    def of(cls, spaces: Iterable[Space], groups: Iterable[Group]) -> "Trail":
        """Return a trail among these; a name may be that of several."""
        by_name: dict[str, frozenset[str]] = {}
        for space in spaces:
            for name in (space.name, space.key):
                by_name[name] = by_name.get(name, frozenset()) | {space.id}
        groups_of: dict[str, frozenset[str]] = {}
        for group in groups:
            groups_of[group.name] = groups_of.get(group.name, frozenset()) | {group.id}
        return cls(by_name, groups_of)

    def named(self, events: Iterable[AuditEvent]) -> Named:
        """Return what some events name."""
        spaces: set[str] = set()
        groups: set[str] = set()
        items: dict[str, frozenset[str]] = {}
        all_grants = False
        for event in events:
            objects = Objects.of(event)
            groups |= self._ids(self.groups, objects.groups)
            if not _is_about_access(event):
                continue
            found = self._ids(self.spaces, objects.spaces)
            if objects.items:
                titles = frozenset(objects.items)
                for id_ in found or {""}:
                    items[id_] = items.get(id_, frozenset()) | titles
                continue
            spaces |= found
            unknown = set(objects.spaces) - self.spaces.keys()
            all_grants = all_grants or not found or bool(unknown)
        return Named(frozenset(spaces), items, frozenset(groups), all_grants)

    @staticmethod
    def _ids(known: Mapping[str, frozenset[str]], names: Collection[str]) -> set[str]:
        return {id_ for name in names for id_ in known.get(name, frozenset())}


@dataclass(frozen=True, slots=True)
class Objects:
    """The names in an event, by what they are names of."""

    spaces: tuple[str, ...]
    groups: tuple[str, ...]
    items: tuple[str, ...]

    @classmethod
    def of(cls, event: AuditEvent) -> "Objects":
        """Return the names in an event; a type nobody has documented is an item's."""

        def names(kind: str) -> tuple[str, ...]:
            named = event.objects
            return tuple(name for name, type_ in named if _kind_of(type_) == kind)

        return cls(names("space"), names("group"), names(ITEM))


def _kind_of(type_: str) -> str:
    words = type_.casefold()
    return next((kind for kind in KINDS if kind in words), ITEM)


def _is_about_access(event: AuditEvent) -> bool:
    words = f"{event.category} {event.summary}".casefold()
    return any(word in words for word in ABOUT_ACCESS)


def titles_in(named: Named, space_ids: Collection[str]) -> Iterator[tuple[str, str]]:
    """Yield the titles to look for, each with a space it may be in."""
    for place, titles in named.items.items():
        for space_id in (place,) if place else space_ids:
            yield from ((space_id, title) for title in titles)
