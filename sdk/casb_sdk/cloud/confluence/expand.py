"""Which parts of an item an ``expand`` parameter asks for."""

from collections.abc import Iterable
from dataclasses import dataclass

OPERATIONS = ("read", "update")
SUBJECTS = ("user", "group")
ANCESTOR_LISTS = "ancestors.restrictions"


@dataclass(frozen=True, slots=True)
class Expansion:
    """The parts asked for; ``lists`` holds (operation, user or group) pairs.

    ``wants_lists`` is set by ``restrictions`` alone too, which then shows no list.
    """

    names: frozenset[str] = frozenset()
    lists: frozenset[tuple[str, str]] = frozenset()
    ancestor_lists: frozenset[tuple[str, str]] = frozenset()
    wants_lists: bool = False

    @property
    def is_costly(self) -> bool:
        """Whether the parts asked for lower the largest page of results."""
        return self.wants_lists or bool(self.ancestor_lists)

    def has(self, name: str) -> bool:
        """Return whether a part, or a part of it, is asked for."""
        return name in self.names


def expansion_of(values: Iterable[str], prefix: str = "") -> Expansion:
    """Return what the values of ``expand`` ask for."""
    names: set[str] = set()
    lists: set[tuple[str, str]] = set()
    ancestor_lists: set[tuple[str, str]] = set()
    wanted = False
    for value in values:
        path = value.removeprefix(prefix).split(".")
        names |= {".".join(path[: n + 1]) for n in range(len(path))}
        if path[0] == "restrictions":
            wanted = True
            lists |= _list_of(path)
        if path[:2] == ["ancestors", "restrictions"]:
            ancestor_lists |= _list_of(path[1:])
    return Expansion(
        frozenset(names), frozenset(lists), frozenset(ancestor_lists), wanted
    )


def _list_of(path: list[str]) -> set[tuple[str, str]]:
    """Read ``restrictions.read.restrictions.user`` and its shorter forms."""
    operations = [part for part in path[1:2] if part in OPERATIONS]
    subjects = [part for part in path[3:4] if part in SUBJECTS]
    if not operations:
        return set()
    return {(operations[0], subject) for subject in subjects} or {(operations[0], "")}
