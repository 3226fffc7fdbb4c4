"""What a listing said in passing, so that it need not be read from the ledger again."""

from array import array
from dataclasses import dataclass, field

from casb_sdk import Restriction
from casb_sdk.model import NodeState
from connector.domain.reading import ContentPage
from connector.use_cases.assemble_space import ShardMargin
from connector.use_cases.names import Names

LONGEST_NUMBER = 18


@dataclass(slots=True)
class HeardListing:
    """The items of a shard by their numbers, eight bytes each, and who is named.

    It knows nothing of what an earlier run listed: then, and where an id is no number,
    it is not ``whole``. Of the ids in ``asked`` the restrictions were read meanwhile,
    and who stands in them is among the names.
    """

    whole: bool
    asked: set[str] = field(default_factory=set)
    named: Names = field(default_factory=Names)
    _items: "dict[str, array[int]]" = field(default_factory=dict)
    _lists: set[Restriction] = field(default_factory=set)

    @property
    def names(self) -> Names:
        """Who stands in the restrictions of the items."""
        return Names.of(self._lists) | self.named

    def take(self, page: ContentPage) -> None:
        """Take note of a page."""
        if not self.whole:
            return
        for found in page.found:
            item = found.item
            number = _number(item.id)
            if number is None:
                self.whole = False
                return
            self._items.setdefault(found.space_id, array("Q")).append(number)
            for lists in (item.read, item.update):
                if lists.users or lists.groups:
                    self._lists.add(lists)

    def missing(self, space_id: str, margin: ShardMargin) -> tuple[str, ...]:
        """Return the ids of a space to read restrictions of, in their order."""
        listed = set(self._items.get(space_id, ()))
        unlisted = (
            id_
            for id_, item in margin.ancestors.get(space_id, {}).items()
            if item.state is not NodeState.UNREADABLE and _number(id_) not in listed
        )
        left = margin.cut - self.asked
        cut = (id_ for id_ in left if _number(id_) in listed)
        return tuple(sorted({*unlisted, *cut}))


def _number(id_: str) -> int | None:
    """Return an id as a number, None for one that would not be the same text again."""
    is_number = id_.isdecimal() and id_.isascii() and not id_.startswith("0")
    return int(id_) if is_number and len(id_) <= LONGEST_NUMBER else None
