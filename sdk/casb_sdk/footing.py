"""What people stand on in one space: the subjects that let them in, and operations."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from casb_sdk.access import ADMINISTER, SpaceOperations
from casb_sdk.model import ANONYMOUS, Subject
from casb_sdk.people import ANONYMOUS_PRINCIPAL, Sort, sort_of

NOTHING: Sequence[int] = ()

_Key = tuple[Sort, *tuple[int, ...]]
"""A sort of people, and the numbers of the subjects they hold grants through."""


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


def footings_of(
    principal_ids: Iterable[str],
    sorts: Mapping[str, Sort],
    subjects_of: Mapping[str, Sequence[int]],
    operations: SpaceOperations,
) -> Iterable[Footing]:
    """Return what each of some principals stands on.

    ``sorts`` tells the sort of each one, and ``subjects_of`` by number through which
    subjects it holds grants.
    """
    keys: Iterable[_Key] = [
        (sorts[id_], *subjects_of.get(id_, NOTHING)) for id_ in principal_ids
    ]
    return map(_Footings(operations).__getitem__, keys)


def footing_of_anonymous(operations: SpaceOperations) -> Footing:
    """Return what ANONYMOUS stands on."""
    sort = sort_of(ANONYMOUS_PRINCIPAL)
    return Footing(sort, (ANONYMOUS,), operations.anonymous)


class _Footings(dict[_Key, Footing]):
    """The footings of a space, each made when it is first asked for."""

    def __init__(self, operations: SpaceOperations) -> None:
        self._operations = operations
        self._subjects = operations.subjects

    def __missing__(self, key: _Key) -> Footing:
        sort, *numbers = key
        subjects = tuple(map(self._subjects.__getitem__, numbers))
        footing = Footing(sort, subjects, self._operations.operations(subjects))
        self[key] = footing
        return footing
