"""The groups and the accounts that restrictions name."""

from collections.abc import Iterable
from dataclasses import dataclass

from casb_sdk import Restriction


@dataclass(frozen=True, slots=True)
class Names:
    """The groups and the accounts that stand in some restrictions."""

    groups: frozenset[str] = frozenset()
    users: frozenset[str] = frozenset()

    @classmethod
    def of(cls, lists: Iterable[Restriction]) -> "Names":
        """Return who stands in any of the lists."""
        # Nearly all lists are empty, and looking is cheaper than hashing.
        distinct = {each for each in lists if each.users or each.groups}
        return cls(
            frozenset(group for each in distinct for group in each.groups),
            frozenset(user for each in distinct for user in each.users),
        )

    def __or__(self, other: "Names") -> "Names":
        """Return the names of both."""
        return Names(self.groups | other.groups, self.users | other.users)
