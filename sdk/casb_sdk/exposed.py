"""Exposed principals: who reaches something, by which paths, and how far.

Many principals of an exposure differ in nothing but who they are. What they share is
kept beside them, so that it is rated, and written down, once for all of them.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from functools import cached_property
from itertools import repeat
from operator import attrgetter
from typing import Any, overload

from casb_sdk.model import Confidence, Level
from casb_sdk.people import Principal


class Via(StrEnum):
    """The ways a grant can reach a principal."""

    USER = "user"
    GROUP = "group"
    ACCESS_CLASS = "access_class"
    ROLE = "role"
    ANONYMOUS = "anonymous"


@dataclass(frozen=True, slots=True)
class Path:
    """One way from a principal to an operation, such as a grant to its group."""

    via: Via
    operation: str
    target: str
    permission_id: str = ""
    group_id: str = ""
    group_name: str = ""
    role_id: str = ""
    role_name: str = ""
    access_class: str = ""


@dataclass(frozen=True, slots=True)
class ItemRef:
    """The short form of an item in a sample."""

    type: str
    id: str
    title: str


@dataclass(frozen=True, slots=True)
class Affected:
    """How many items are reached, and the first twenty by id."""

    count: int
    sample: tuple[ItemRef, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Access:
    """What an exposed principal has in common with others, told apart by identity."""

    level: Level
    paths: tuple[Path, ...] = ()
    affected: Affected | None = None
    can_self_elevate: bool = False
    confidence: Confidence = Confidence.HIGH
    confidence_reasons: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ExposedPrincipal:
    """A principal of an exposure, with its own paths and affected items."""

    principal: Principal
    level: Level
    paths: tuple[Path, ...] = ()
    affected: Affected | None = None
    can_self_elevate: bool = False
    confidence: Confidence = Confidence.HIGH
    confidence_reasons: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


# A frozen value sets each of its fields through Python, which takes twice as long.
SETTERS: dict[str, Any] = {
    field.name: getattr(ExposedPrincipal, field.name).__set__
    for field in fields(ExposedPrincipal)
}
SHARED = [(SETTERS[field.name], attrgetter(field.name)) for field in fields(Access)]


class ExposedPeople(Sequence[ExposedPrincipal]):
    """People in order, each with the access at the same place; a tuple in all else.

    They are written out when somebody looks at one: a finding that is only kept
    needs no more than people and accesses.
    """

    def __init__(self, people: Sequence[Principal], accesses: Sequence[Access]) -> None:
        self.people = people
        self.accesses = accesses

    @cached_property
    def distinct(self) -> Sequence[Access]:
        """Each access once, in the order of who has it first."""
        return tuple(dict.fromkeys(self.accesses))

    @cached_property
    def _written(self) -> tuple[ExposedPrincipal, ...]:
        written = list(map(object.__new__, repeat(ExposedPrincipal, len(self))))
        _run(map(SETTERS["principal"], written, self.people))
        for set_field, value_of in SHARED:
            _run(map(set_field, written, map(value_of, self.accesses)))
        return tuple(written)

    def __len__(self) -> int:
        """Return how many are exposed."""
        return len(self.people)

    @overload
    def __getitem__(self, place: int) -> ExposedPrincipal: ...

    @overload
    def __getitem__(self, place: slice) -> tuple[ExposedPrincipal, ...]: ...

    def __getitem__(
        self, place: int | slice
    ) -> ExposedPrincipal | tuple[ExposedPrincipal, ...]:
        """Return one of them, or some."""
        return self._written[place]

    def __iter__(self) -> Iterator[ExposedPrincipal]:
        """Yield them in order."""
        return iter(self._written)

    def __eq__(self, other: object) -> bool:
        """Return whether the same principals are exposed in the same way."""
        if isinstance(other, ExposedPeople | tuple):
            return self._written == tuple(other)
        return NotImplemented

    def __hash__(self) -> int:
        """Return the hash of the tuple it equals."""
        return hash(self._written)

    def __repr__(self) -> str:
        """Write them out."""
        return repr(self._written)


Shared = Access | ExposedPrincipal
"""An access; where none is shared, an exposed principal stands for its own."""


def people_of(exposed: Sequence[ExposedPrincipal]) -> Sequence[Principal]:
    """Return who is exposed."""
    if isinstance(exposed, ExposedPeople):
        return exposed.people
    return [it.principal for it in exposed]


def each_access(exposed: Sequence[ExposedPrincipal]) -> Sequence[Shared]:
    """Return the access of each exposed principal."""
    return exposed.accesses if isinstance(exposed, ExposedPeople) else exposed


def accesses_of(exposed: Sequence[ExposedPrincipal]) -> Iterable[Shared]:
    """Return each access once, in the order of who has it first."""
    return exposed.distinct if isinstance(exposed, ExposedPeople) else exposed


def _run(calls: Iterable[object]) -> None:
    deque(calls, maxlen=0)
