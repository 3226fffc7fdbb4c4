"""Which operations a principal holds on a space, by what (access-model 1.4, 1.5)."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

from casb_sdk.model import (
    ANONYMOUS,
    ANONYMOUS_ID,
    AccessClass,
    Grant,
    Role,
    RoleAssignment,
    Subject,
    SubjectType,
)
from casb_sdk.people import People

READ_SPACE = "read/space"
READING = frozenset({READ_SPACE})
ADMINISTER = "administer/space"
SPLITTING = frozenset({"update/page", "update/blogpost"})
BLOG = "blogpost"
CONTENT_TYPES = ("page", BLOG, "whiteboard", "database", "embed", "folder")
WRITE = frozenset(
    f"{action}/{target}"
    for action in ("create", "update", "archive", "delete")
    for target in (*CONTENT_TYPES, "attachment")
) | {ADMINISTER, "restrict_content/space", "archive_space/space", "delete_space/space"}


@lru_cache(maxsize=1024)
def write_operations(operations: frozenset[str]) -> frozenset[str]:
    """Return those of some operations that make an edit of the space."""
    return frozenset(filter(is_write, operations))


def is_write(operation: str) -> bool:
    """Return whether an operation changes a space or what is in it."""
    return operation in WRITE or (
        operation.startswith("manage_") and operation.endswith("/space")
    )


@lru_cache(maxsize=256)
def edit_operations(content_type: str, *, is_split: bool) -> frozenset[str]:
    """Return the operations any of which lets one edit content of a type.

    Types nobody has documented count as members of the page family.
    """
    action = "update" if is_split else "create"
    if content_type == BLOG:
        return frozenset({f"{action}/{BLOG}"})
    return frozenset({f"{action}/page", f"{action}/{content_type}"})


@dataclass(frozen=True, slots=True)
class SpaceOperations:
    """The grants of one space, roles expanded, by the subject that holds them."""

    rows_of: Mapping[Subject, tuple[Grant, ...]]
    is_split: bool = False
    unresolved_roles: frozenset[str] = frozenset()
    _operations_of: dict[tuple[Subject, ...], frozenset[str]] = field(
        default_factory=dict, repr=False, compare=False
    )

    @classmethod
    def of(
        cls,
        grants: Iterable[Grant],
        assignments: Iterable[RoleAssignment],
        roles: Mapping[str, Role],
        anonymous_ids: Collection[str] = (ANONYMOUS_ID,),
    ) -> "SpaceOperations":
        """Index the grants of a space; a repeated grant counts once.

        Creating and editing are separate permissions, the space is split, as soon
        as any row says so, whoever holds it.
        """
        assigned, given = tuple(assignments), tuple(grants)
        rows: dict[Subject, dict[Grant, None]] = {}
        unresolved: set[str] = set()
        is_split = any(grant.operation in SPLITTING for grant in given)
        for grant in _expanded(given, assigned, roles, unresolved):
            held = grant
            if grant.subject.id in anonymous_ids:
                held = _normalised(grant)
            rows.setdefault(held.subject, {})[held] = None
            is_split = is_split or held.operation in SPLITTING
        return cls(
            {subject: tuple(held) for subject, held in rows.items()},
            is_split,
            frozenset(unresolved),
        )

    @property
    def anonymous(self) -> frozenset[str]:
        """The operations everybody holds without signing in: anon(S)."""
        return self.operations((ANONYMOUS,))

    def operations(self, subjects: tuple[Subject, ...]) -> frozenset[str]:
        """Return the union of the operations of some subjects."""
        known = self._operations_of.get(subjects)
        if known is None:
            known = frozenset(
                grant.operation
                for subject in subjects
                for grant in self.rows_of.get(subject, ())
            )
            self._operations_of[subjects] = known
        return known

    def subjects_of(self, principal_id: str, people: People) -> tuple[Subject, ...]:
        """Return the subjects through which a principal holds grants here.

        A person without product access holds none (access-model 1.2).
        """
        if principal_id in people.without_product:
            return ()
        return self.named_subjects_of(principal_id, people)

    def named_subjects_of(
        self, principal_id: str, people: People
    ) -> tuple[Subject, ...]:
        """Return the subjects with grants that stand for a principal."""
        return tuple(
            subject
            for subject in _standing_for(principal_id, people)
            if subject in self.rows_of
        )

    def holders(self, people: People) -> Iterator[str]:
        """Yield the principals of interest that some grant here reaches."""
        seen: set[str] = set()
        for subject in self.rows_of:
            fresh = _members(subject, people) - seen
            seen |= fresh
            yield from fresh


def _normalised(grant: Grant) -> Grant:
    """Return a grant to an account that stands for ANONYMOUS as one to ANONYMOUS."""
    if grant.subject.type == SubjectType.USER:
        return replace(grant, subject=ANONYMOUS)
    return grant


def _standing_for(principal_id: str, people: People) -> Iterator[Subject]:
    yield Subject(SubjectType.USER, principal_id)
    for group_id in people.groups_of.get(principal_id, ()):
        yield Subject(SubjectType.GROUP, group_id)
    if principal_id in people.licensed:
        yield Subject(SubjectType.ACCESS_CLASS, AccessClass.LICENSED)
    if principal_id in people.admins:
        yield Subject(SubjectType.ACCESS_CLASS, AccessClass.ADMINS)


def _members(subject: Subject, people: People) -> frozenset[str]:
    if subject.type == SubjectType.USER:
        return frozenset({subject.id} & people.principals.keys())
    if subject.type == SubjectType.GROUP:
        return people.members_of.get(subject.id, frozenset())
    if subject.type == SubjectType.ACCESS_CLASS:
        if subject.id == AccessClass.LICENSED:
            return people.licensed
        if subject.id == AccessClass.ADMINS:
            return people.admins
    return frozenset()


def _expanded(
    grants: tuple[Grant, ...],
    assignments: tuple[RoleAssignment, ...],
    roles: Mapping[str, Role],
    unresolved: set[str],
) -> Iterator[Grant]:
    holders: dict[str, list[Subject]] = {}
    for assignment in assignments:
        holders.setdefault(assignment.role_id, []).append(assignment.subject)
        if (role := roles.get(assignment.role_id)) is None:
            unresolved.add(assignment.role_id)
            continue
        for operation in role.operations:
            yield Grant(assignment.subject, operation, role_id=role.id)
    for grant in grants:
        if grant.subject.type != SubjectType.ROLE:
            yield grant
            continue
        if grant.subject.id not in holders:
            unresolved.add(grant.subject.id)
        for subject in holders.get(grant.subject.id, ()):
            yield Grant(subject, grant.operation, grant.permission_id, grant.subject.id)
