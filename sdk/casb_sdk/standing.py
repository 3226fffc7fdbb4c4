"""How the principals of interest stand on one space: a bit and operations each."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from casb_sdk.access import (
    ADMINISTER,
    READ_SPACE,
    SpaceOperations,
    edit_operations,
)
from casb_sdk.content import ContentTable
from casb_sdk.exposure import Path, Via
from casb_sdk.model import (
    ANONYMOUS,
    ANONYMOUS_ID,
    Audience,
    Restriction,
    Subject,
    SubjectType,
)
from casb_sdk.people import ANONYMOUS_PRINCIPAL, People, Principal
from casb_sdk.profiles import ANONYMOUS_BIT, Masks


@dataclass(frozen=True, slots=True)
class Standing:
    """A principal, the subjects it holds grants through, and what these give."""

    principal: Principal
    subjects: tuple[Subject, ...]
    own: frozenset[str]

    @property
    def administers(self) -> bool:
        """Return whether the principal can lift restrictions on the space."""
        return ADMINISTER in self.own


@dataclass(frozen=True)
class Roster:
    """The principals that can reach a space at all, in the order of their bits.

    Bit 0 is ANONYMOUS, whether or not it holds a grant. People whose only way in
    is an anonymous grant have a bit only if some restriction of the space names
    them: elsewhere their reach is ANONYMOUS's (access-model 1.4).
    """

    people: People
    operations: SpaceOperations
    standings: tuple[Standing, ...]
    _admitted: dict[Restriction, int] = field(default_factory=dict, repr=False)
    _ways: dict[tuple[Subject, frozenset[str]], tuple[Path, ...]] = field(
        default_factory=dict, repr=False
    )

    @classmethod
    def of(
        cls,
        people: People,
        operations: SpaceOperations,
        content: ContentTable,
        barred: Collection[str] = (),
    ) -> "Roster":
        """Gather who can reach a space; ``barred`` accounts cannot use Confluence."""
        ids = set(operations.holders(people))
        if READ_SPACE in operations.anonymous:
            ids |= _named(content, people)
        anonymous = Standing(ANONYMOUS_PRINCIPAL, (ANONYMOUS,), operations.anonymous)
        others = (
            _standing(people.principals[id_], people, operations)
            for id_ in sorted(ids - set(barred))
        )
        return cls(people, operations, (anonymous, *others))

    @cached_property
    def bit_of(self) -> dict[str, int]:
        """The bit of each principal by id."""
        return {s.principal.id: 1 << i for i, s in enumerate(self.standings)}

    @property
    def everybody(self) -> int:
        """All bits."""
        return (1 << len(self.standings)) - 1

    @cached_property
    def readers_own(self) -> int:
        """Those who may read the space by their own grants."""
        return self.mask(s for s in self.standings if READ_SPACE in s.own)

    @cached_property
    def readers(self) -> int:
        """Those who may read the space by any grant."""
        if READ_SPACE in self.operations.anonymous:
            return self.everybody
        return self.readers_own

    def mask(self, standings: Iterable[Standing]) -> int:
        """Return the bits of some standings."""
        mask = 0
        for standing in standings:
            mask |= self.bit_of[standing.principal.id]
        return mask

    def audience_mask(self, audiences: Collection[Audience]) -> int:
        """Return the bits of the principals of some audiences."""
        return self.mask(s for s in self.standings if s.principal.audience in audiences)

    def admits(self, restriction: Restriction) -> int:
        """Return who stands in a restriction list; ANONYMOUS never does."""
        mask = self._admitted.get(restriction)
        if mask is None:
            names = set(restriction.users)
            for group_id in restriction.groups:
                names |= self.people.members_of.get(group_id, frozenset())
            mask = 0
            for name in names & self.bit_of.keys():
                mask |= self.bit_of[name]
            mask &= ~ANONYMOUS_BIT
            self._admitted[restriction] = mask
        return mask

    def editors(self, content_type: str) -> tuple[int, int]:
        """Return who holds an edit operation for a type: by own, by all grants."""
        wanted = edit_operations(content_type, is_split=self.operations.is_split)
        own = self.mask(s for s in self.standings if wanted & s.own)
        if wanted & self.operations.anonymous:
            return own, self.everybody
        return own, own

    def masks(self) -> Masks:
        """Return what the pass over the content needs to know."""
        editors: dict[str, tuple[int, int]] = {}

        def editors_of(content_type: str) -> tuple[int, int]:
            if content_type not in editors:
                editors[content_type] = self.editors(content_type)
            return editors[content_type]

        return Masks(
            self.everybody, self.readers_own, self.readers, self.admits, editors_of
        )

    def paths(self, standing: Standing, wanted: frozenset[str]) -> tuple[Path, ...]:
        """Return how a principal comes to hold some operations.

        Without grants of its own for any of them the way is the anonymous one.
        """
        if len(standing.subjects) == 1:
            own = self._ways_through(standing.subjects[0], wanted)
        else:
            own = tuple(
                way
                for subject in standing.subjects
                for way in self._ways_through(subject, wanted)
            )
        return own or self._ways_through(ANONYMOUS, wanted)

    def _ways_through(
        self, subject: Subject, wanted: frozenset[str]
    ) -> tuple[Path, ...]:
        ways = self._ways.get((subject, wanted))
        if ways is None:
            ways = self._ways[subject, wanted] = self._paths_through(subject, wanted)
        return ways

    def _paths_through(
        self, subject: Subject, wanted: frozenset[str]
    ) -> tuple[Path, ...]:
        grants = self.operations.rows_of.get(subject, ())
        via, group_id, access_class = _way(subject)
        group_name = self.people.group_name(group_id) if group_id else ""
        roles = self.people.directory.roles
        return tuple(
            Path(
                Via.ROLE if grant.role_id and via is not Via.ANONYMOUS else via,
                *_halves(grant.operation),
                grant.permission_id,
                group_id,
                group_name,
                grant.role_id,
                roles[grant.role_id].name if grant.role_id in roles else "",
                access_class,
            )
            for grant in grants
            if grant.operation in wanted
        )


def _way(subject: Subject) -> tuple[Via, str, str]:
    """Return by what a subject lets people in: via, group id, access class."""
    if subject == ANONYMOUS:
        return Via.ANONYMOUS, "", subject.id
    if subject.type == SubjectType.GROUP:
        return Via.GROUP, subject.id, ""
    if subject.type == SubjectType.ACCESS_CLASS:
        return Via.ACCESS_CLASS, "", subject.id
    return Via.USER, "", ""


@lru_cache(maxsize=1024)
def _halves(operation: str) -> tuple[str, str]:
    action, _, target = operation.partition("/")
    return action, target


def _standing(
    principal: Principal, people: People, operations: SpaceOperations
) -> Standing:
    subjects = operations.subjects_of(principal.id, people)
    return Standing(principal, subjects, operations.operations(subjects))


def _named(content: ContentTable, people: People) -> set[str]:
    names: set[str] = set()
    for lists in content.lists.values():
        for restriction in (lists.read, lists.update):
            names |= restriction.users & people.principals.keys()
            for group_id in restriction.groups:
                names |= people.members_of.get(group_id, frozenset())
    names.discard(ANONYMOUS_ID)
    return names
