"""The result lists of recent searches: which items, in which order."""

from array import array
from collections.abc import Hashable, Iterable
from operator import ge, gt, le, lt

from casb_sdk.cloud.confluence.cql import Cql
from casb_sdk.cloud.confluence.site_index import SiteIndex, Spot
from casb_sdk.cloud.options import CloudOptions
from casb_sdk.cloud.refusals import v1_bad_request

KEPT_PLACES = 16_000_000
LISTED_STATUSES = frozenset({"current"})
ACCEPTED_TYPES = ("space", "user", "page", "blogpost", "comment", "attachment")
NEVER_STORED = frozenset({"comment", "attachment", "space", "user"})
COMPARE = {">=": ge, ">": gt, "<=": le, "<": lt}
SORTED_AS = {"id": "id", "": "id", "created": "id"}


class SearchMemo:
    """Answers CQL over one site, keeping the result lists.

    The least recently made lists are dropped once they hold too many places.
    """

    def __init__(self, site: SiteIndex, options: CloudOptions) -> None:
        self._site = site
        self._options = options
        self._kept: dict[Hashable, array[int]] = {}
        self._size = 0

    def results(self, query: Cql, *, with_archived: bool = False) -> "array[int]":
        """Return the places a query finds, in its order."""
        archived = with_archived or self._options.search_lists_archived
        key = (query, archived)
        if key not in self._kept:
            self._check(query)
            found = self._ordered(query, self._found(query, archived=archived))
            self._keep(key, found)
        return self._kept[key]

    def listing(
        self,
        type_: str,
        statuses: frozenset[str],
        numbers: tuple[int, ...],
        order: str = "id",
    ) -> "array[int]":
        """Return the items of one type in some spaces, as listings have them."""
        key = (type_, statuses, numbers, order)
        if key not in self._kept:
            found = array("q")
            for number in numbers:
                found.extend(self._site.places(number, frozenset({type_}), statuses))
            if len(numbers) > 1:
                found = self._site.sorted_by_id(found)
            self._keep(key, self.in_order(found, order))
        return self._kept[key]

    def in_order(self, found: "array[int]", order: str) -> "array[int]":
        """Return places, that come by id, in another order."""
        if order == "modified-date":
            return array("q", sorted(found, key=self._site.modified_at))
        if order == "title":
            return array("q", sorted(found, key=self._title))
        return found

    def _keep(self, key: Hashable, found: "array[int]") -> None:
        while self._kept and self._size + len(found) > KEPT_PLACES:
            self._size -= len(self._kept.pop(next(iter(self._kept))))
        self._kept[key] = found
        self._size += len(found)

    def _check(self, query: Cql) -> None:
        """Refuse types and sorts this site does not know."""
        known = (*ACCEPTED_TYPES, *self._options.search_types)
        accepted = [
            t for t in dict.fromkeys(known) if t in NEVER_STORED or self._lists(t)
        ]
        for type_ in query.types or ():
            if type_ not in accepted:
                raise v1_bad_request(
                    f"Unsupported value for type, got : {type_}, "
                    f"expected one of : [{', '.join(accepted)}]"
                )
        sort = query.order[0]
        if sort and sort not in self._options.search_sorts:
            raise v1_bad_request(f"Could not parse cql : order by {sort}")

    def _lists(self, type_: str) -> bool:
        return type_ in self._options.search_types

    def _found(self, query: Cql, *, archived: bool) -> "array[int]":
        types = frozenset(query.types or self._options.search_types) - NEVER_STORED
        statuses = LISTED_STATUSES
        if self._options.search_lists_archived:
            statuses |= {"archived"}
        numbers = self._numbers(query, archived=archived)
        if query.ids is not None:
            return self._by_id(query.ids, types, statuses, set(numbers))
        found = array("q")
        for number in numbers:
            found.extend(self._site.places(number, types, statuses))
        return found if len(numbers) == 1 else self._site.sorted_by_id(found)

    def _numbers(self, query: Cql, *, archived: bool) -> list[int]:
        site = self._site
        wanted: Iterable[int] = range(len(site.spaces))
        if query.spaces is not None:
            wanted = sorted(
                {site.by_key[key] for key in query.spaces if key in site.by_key}
            )
        statuses = {"current", "archived"} if archived else {"current"}
        return [n for n in wanted if site.spaces[n].space.status in statuses]

    def _by_id(
        self,
        ids: tuple[str, ...],
        types: frozenset[str],
        statuses: frozenset[str],
        numbers: set[int],
    ) -> "array[int]":
        spots = [spot for id_ in dict.fromkeys(ids) if (spot := self._site.find(id_))]
        found = array(
            "q",
            (
                place_of(spot)
                for spot in spots
                if spot.type in types
                and spot.status in statuses
                and spot.number in numbers
            ),
        )
        return self._site.sorted_by_id(found)

    def _ordered(self, query: Cql, found: "array[int]") -> "array[int]":
        modified_at = self._site.modified_at
        for comparison, moment in query.modified:
            compare = COMPARE[comparison]
            found = array("q", (p for p in found if compare(modified_at(p), moment)))
        field, descends = query.order
        if field == "lastmodified":
            found = array("q", sorted(found, key=self._site.modified_at))
        if field == "title":
            found = array("q", sorted(found, key=self._title))
        return found[::-1] if descends else found

    def _title(self, place: int) -> str:
        spot = self._site.at(place)
        return spot.table.titles[spot.row]


def place_of(spot: Spot) -> int:
    """Return the place of an item, as result lists hold it."""
    return spot.number << 32 | spot.row
