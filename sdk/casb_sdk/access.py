"""Which operations a principal holds on a space, by what (access-model 1.4, 1.5)."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
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
STANDS_FOR = (SubjectType.USER, SubjectType.GROUP, SubjectType.ACCESS_CLASS)
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
        rows: dict[Subject, dict[tuple[str, str, str], Grant]] = {}
        unresolved: set[str] = set()
        operations = {grant.operation for grant in given}
        last, held = None, dict[tuple[str, str, str], Grant]()
        for row in _expanded(given, assigned, roles, unresolved):
            is_anonymous = row.subject.id in anonymous_ids
            grant = _normalised(row) if is_anonymous else row
            # Grants come subject by subject, and hashing one is not free.
            if grant.subject is not last:
                last = grant.subject
                held = rows.setdefault(last, {})
            held[grant.operation, grant.permission_id, grant.role_id] = grant
            operations.add(grant.operation)
        return cls(
            {subject: tuple(grants.values()) for subject, grants in rows.items()},
            not operations.isdisjoint(SPLITTING),
            frozenset(unresolved),
        )

    @property
    def anonymous(self) -> frozenset[str]:
        """The operations everybody holds without signing in: anon(S)."""
        return self.operations((ANONYMOUS,))

    def operations(self, subjects: Iterable[Subject]) -> frozenset[str]:
        """Return the union of the operations of some subjects."""
        return frozenset(
            grant.operation
            for subject in subjects
            for grant in self.rows_of.get(subject, ())
        )

    def subjects_of(self, people: People) -> dict[str, list[int]]:
        """Return through which of the ``subjects`` each principal holds grants here."""
        numbers: dict[str, list[int]] = {}
        for number, subject in enumerate(self.subjects):
            for principal_id in _members(subject, people):
                numbers.setdefault(principal_id, []).append(number)
        return numbers

    @property
    def subjects(self) -> list[Subject]:
        """The subjects that may stand for somebody: users, groups, access classes."""
        known = (subject for subject in self.rows_of if subject.type in STANDS_FOR)
        return sorted(known, key=lambda it: (STANDS_FOR.index(it.type), it.id))


def _normalised(grant: Grant) -> Grant:
    """Return a grant to an account that stands for ANONYMOUS as one to ANONYMOUS."""
    if grant.subject.type == SubjectType.USER:
        return replace(grant, subject=ANONYMOUS)
    return grant


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
