"""What people stand on in one space: the subjects that let them in, and operations."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from casb_sdk.access import ADMINISTER, SpaceOperations
from casb_sdk.model import ANONYMOUS, Subject
from casb_sdk.people import ANONYMOUS_PRINCIPAL, Principal, Sort, sort_of

NOTHING: Sequence[int] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Footing:
    """The subjects through which people hold grants, and what these give.

    Whoever holds grants through the same subjects and is of the same sort shares
    one, so that what is said of people is worked out once a footing.
    """

    sort: Sort
    subjects: tuple[Subject, ...]
    own: frozenset[str]

    @property
    def administers(self) -> bool:
        """Return whether one can lift restrictions on the space."""
        return ADMINISTER in self.own


class Standing(NamedTuple):
    """A principal and the grants it holds."""

    principal: Principal
    footing: Footing

    @property
    def own(self) -> frozenset[str]:
        """The operations held by own grants."""
        return self.footing.own

    @property
    def administers(self) -> bool:
        """Return whether the principal can lift restrictions on the space."""
        return self.footing.administers


def standings_of(
    principals: Iterable[Principal],
    sorts: Mapping[str, Sort],
    subjects_of: Mapping[str, Sequence[int]],
    operations: SpaceOperations,
) -> Iterator[Standing]:
    """Yield how ANONYMOUS and the principals stand on a space.

    ``sorts`` tells the sort of each one, and ``subjects_of`` by number through which
    subjects it holds grants.
    """
    footings = _Footings(operations)
    anonymous = sort_of(ANONYMOUS_PRINCIPAL)
    everybody = Footing(anonymous, (ANONYMOUS,), operations.anonymous)
    yield Standing(ANONYMOUS_PRINCIPAL, everybody)
    for principal in principals:
        numbers = subjects_of.get(principal.id, NOTHING)
        yield Standing(principal, footings[sorts[principal.id], *numbers])


class _Footings(dict[tuple[Sort, *tuple[int, ...]], Footing]):
    """The footing of a sort of people by numbers of subjects, made when asked for."""

    def __init__(self, operations: SpaceOperations) -> None:
        self._operations = operations
        self._subjects = operations.subjects

    def __missing__(self, key: tuple[Sort, *tuple[int, ...]]) -> Footing:
        sort, *numbers = key
        subjects = tuple(map(self._subjects.__getitem__, numbers))
        footing = Footing(sort, subjects, self._operations.operations(subjects))
        self[key] = footing
        return footing
