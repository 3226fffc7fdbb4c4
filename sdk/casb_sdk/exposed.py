"""Exposed principals: who reaches something, by which paths, and how far.

Many principals of an exposure differ in nothing but who they are. What they share is
kept beside them, so that it is rated, and written down, once for all of them.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from itertools import repeat
from operator import attrgetter
from typing import Any

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


class ExposedPeople(tuple[ExposedPrincipal, ...]):
    """Exposed principals in order, and the access of each."""

    people: Sequence[Principal]
    accesses: Sequence[Access]

    @classmethod
    def of(
        cls, people: Sequence[Principal], accesses: Sequence[Access]
    ) -> "ExposedPeople":
        """Return people, each with the access at the same place."""
        written = list(map(object.__new__, repeat(ExposedPrincipal, len(people))))
        _run(map(SETTERS["principal"], written, people))
        for set_field, value_of in SHARED:
            _run(map(set_field, written, map(value_of, accesses)))
        exposed = cls(written)
        exposed.people, exposed.accesses = people, accesses
        return exposed


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
    if isinstance(exposed, ExposedPeople):
        return dict.fromkeys(exposed.accesses)
    return exposed


def _run(calls: Iterable[object]) -> None:
    deque(calls, maxlen=0)
