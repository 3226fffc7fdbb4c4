"""Turns Confluence's payloads into the values of the access model."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

from casb_sdk import (
    Account,
    Grant,
    Group,
    Role,
    RoleAssignment,
    Space,
    Subject,
    SubjectType,
)
from casb_sdk.model import ANONYMOUS, ANONYMOUS_ID, AccessClass, Membership
from connector.atlassian.payloads import (
    AssignmentRow,
    GroupRow,
    Id,
    PermissionRow,
    RoleRow,
    SpaceRow,
    User,
    V1PermissionRow,
    V1Subjects,
)

SUBJECT_TYPES = {
    str(known).replace("-", "").casefold(): str(known) for known in SubjectType
}
TRASHED = "trashed"

Unknown = Counter[str]


def account_from(user: User) -> Account | None:
    """Return an account, None for a user without an id such as the anonymous one."""
    if not user.account_id:
        return None
    return Account(
        id=user.account_id,
        display_name=user.display_name or user.public_name or "",
        type=user.type or "known",
        account_type=user.account_type or "",
        account_status=user.account_status or "",
        email_domain=email_domain_of(user.email),
        is_guest=bool(user.is_guest or user.is_external or user.was_external),
    )


def merged_account(v1: Account, v2: Account) -> Account:
    """Return an account as both APIs together describe it.

    Only v1 knows unknown users by their type, only v2 knows the status.
    """
    v1_names_it = v1.account_type not in {"", "unknown"}
    return replace(
        v1,
        display_name=v2.display_name or v1.display_name,
        account_type=(
            v1.account_type if v1_names_it else v2.account_type or v1.account_type
        ),
        account_status=v2.account_status or v1.account_status,
        email_domain=v2.email_domain or v1.email_domain,
        is_guest=v1.is_guest or v2.is_guest,
    )


def email_domain_of(email: str | None) -> str:
    """Return the domain of an address, lower-case and IDNA-encoded; no more is kept."""
    domain = (email or "").rpartition("@")[2].strip().rstrip(".").lower()
    if "@" not in (email or "") or not domain:
        return ""
    return _encoded_domain(domain)


@lru_cache(maxsize=1024)
def _encoded_domain(domain: str) -> str:
    try:
        return domain.encode("idna").decode("ascii")
    except UnicodeError:
        return domain


def group_from(row: GroupRow) -> Group | None:
    """Return a group whose members nobody has read yet; some lack an id."""
    id_ = row.id or row.name
    return Group(id_, row.name or "", membership=Membership.UNREAD) if id_ else None


def space_from(row: SpaceRow) -> Space | None:
    """Return a space, None for one in the trash."""
    if not row.id or row.status == TRASHED:
        return None
    return Space(
        id=text_of(row.id),
        key=row.key or "",
        name=row.name or "",
        type=row.type or "global",
        status=row.status or "current",
        owner_id=row.owner_id or "",
        homepage_id=text_of(row.homepage_id),
    )


def role_from(row: RoleRow) -> Role:
    """Return a role."""
    return Role(text_of(row.id), row.name or "", tuple(row.permissions or ()))


def grant_from(row: PermissionRow, unknown: Unknown) -> Grant | None:
    """Return a grant; what nobody has documented is counted, what says nothing too."""
    if row.principal is None or not row.principal.id:
        unknown["principal=null"] += 1
        return None
    if row.operation is None or not row.operation.key:
        unknown["operation=null"] += 1
        return None
    return Grant(
        subject_from(row.principal.type, row.principal.id, unknown),
        f"{row.operation.key}/{row.operation.target or ''}",
        permission_id=text_of(row.id),
    )


def grants_from_v1(row: V1PermissionRow, unknown: Unknown) -> Iterator[Grant]:
    """Yield the grants of a v1 permission, whose flags stand for access classes."""
    if row.operation is None or not row.operation.operation:
        unknown["operation=null"] += 1
        return
    operation = f"{row.operation.operation}/{row.operation.target or ''}"
    subjects = tuple(_v1_subjects(row))
    if not subjects:
        unknown["subjects=none"] += 1
    for subject in subjects:
        yield Grant(subject, operation, permission_id=text_of(row.id))


def assignment_from(row: AssignmentRow, unknown: Unknown) -> RoleAssignment | None:
    """Return who holds a role."""
    if row.principal is None or not row.principal.id:
        unknown["principal=null"] += 1
        return None
    if not row.role_id:
        unknown["roleId=null"] += 1
        return None
    subject = subject_from(row.principal.type, row.principal.id, unknown)
    return RoleAssignment(subject, text_of(row.role_id))


def subject_from(type_: str | None, id_: str, unknown: Unknown) -> Subject:
    """Return a subject; a type we do not know keeps its own name."""
    name = type_ or ""
    known = SUBJECT_TYPES.get(name.replace("_", "").replace("-", "").casefold())
    if known is None:
        unknown[f"principal.type={name}"] += 1
    return Subject(known or name, id_)


def text_of(id_: Id) -> str:
    """Return an id as text: v1 counts spaces in numbers, v2 in text."""
    return "" if id_ is None else str(id_)


def _v1_subjects(row: V1PermissionRow) -> Iterator[Subject]:
    named = row.subjects or V1Subjects()
    for user in (named.user and named.user.results) or ():
        yield Subject(SubjectType.USER, user.account_id or ANONYMOUS_ID)
    for group in (named.group and named.group.results) or ():
        yield Subject(SubjectType.GROUP, group.id or group.name or "")
    if row.anonymous:
        yield ANONYMOUS
    if row.unlicensed:
        yield Subject(SubjectType.ACCESS_CLASS, AccessClass.UNLICENSED)
