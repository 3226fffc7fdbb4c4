"""Spaces and the grants on them in the shapes of v1 and v2."""

from collections.abc import Iterator
from dataclasses import dataclass

from casb_sdk.cloud.clock import iso
from casb_sdk.cloud.confluence.render_people import v1_group, v1_user
from casb_sdk.cloud.confluence.site_index import SiteIndex, created_at
from casb_sdk.cloud.jsontext import array_of, dumps
from casb_sdk.cloud.options import CloudOptions
from casb_sdk.model import (
    ANONYMOUS_ID,
    AccessClass,
    Role,
    RoleAssignment,
    RoleMode,
    Space,
    Subject,
    SubjectType,
)
from casb_sdk.snapshot import SpaceSnapshot

SYSTEM_ROLES = frozenset({"Admin", "Manager", "Collaborator", "Viewer"})
FIRST_PERMISSION_ID = 1_000
V1_SPACE_TYPES = frozenset({"global", "personal", "knowledge_base", "collaboration"})


@dataclass(frozen=True, slots=True)
class PermissionRow:
    """One permission of a space as the listings count them."""

    id: str
    subject: Subject
    operation: str


def v2_space(site: SiteIndex, space: Space) -> str:
    """Return a space as v2 lists it."""
    return dumps(
        {
            "spaceOwnerId": space.owner_id or None,
            "createdAt": iso(created_at(space.id)),
            "authorId": space.owner_id or site.installer,
            "homepageId": space.homepage_id or None,
            "icon": None,
            "description": None,
            "name": space.name,
            "key": space.key,
            "id": space.id,
            "type": space.type,
            "status": space.status,
            "currentActiveAlias": space.key,
            "_links": {"webui": f"/spaces/{space.key}"},
        }
    )


def v1_space(site: SiteIndex, space: Space, permissions: str = "") -> str:
    """Return a space as v1 shows it, with its permissions where expanded."""
    number = int(space.id) if space.id.isdigit() else space.id
    expandable = {
        "settings": f"/rest/api/space/{space.key}/settings",
        "metadata": "",
        "operations": "",
        "lookAndFeel": f"/rest/api/settings/lookandfeel?spaceKey={space.key}",
        "identifiers": "",
        "icon": "",
        "description": "",
        "theme": f"/rest/api/space/{space.key}/theme",
        "history": "",
        "homepage": f"/rest/api/content/{space.homepage_id}",
    }
    if not permissions:
        expandable["permissions"] = ""
    shown = {
        "id": number,
        "key": space.key,
        "name": space.name,
        "type": "personal" if space.type == "personal" else "global",
        "status": space.status,
        "_expandable": expandable,
        "_links": {
            "webui": f"/spaces/{space.key}",
            "self": f"{site.base}/rest/api/space/{space.key}",
        },
    }
    text = dumps(shown)
    return f'{text[:-1]},"permissions":{permissions}}}' if permissions else text


def permission_rows(site: SiteIndex, snapshot: SpaceSnapshot) -> list[PermissionRow]:
    """Return every permission of a space; on a site on roles also theirs."""
    rows: dict[tuple[Subject, str], PermissionRow] = {}
    first = FIRST_PERMISSION_ID
    for grant in snapshot.grants:
        row = PermissionRow(
            grant.permission_id or f"{snapshot.space.id}{first + len(rows)}",
            grant.subject,
            grant.operation,
        )
        rows.setdefault((grant.subject, grant.operation), row)
    if site.directory.role_mode != RoleMode.PRE_ROLES:
        for subject, operation in _role_operations(site, snapshot):
            id_ = f"{snapshot.space.id}{first + len(rows)}"
            row = PermissionRow(id_, subject, operation)
            rows.setdefault((subject, operation), row)
    return list(rows.values())


def v2_permission(row: PermissionRow) -> str:
    """Return a permission as v2 lists it."""
    key, _, target = row.operation.partition("/")
    return dumps(
        {
            "id": row.id,
            "principal": {"type": row.subject.type, "id": row.subject.id},
            "operation": {"key": key, "targetType": target},
        }
    )


def v1_permissions(
    site: SiteIndex, options: CloudOptions, snapshot: SpaceSnapshot
) -> tuple[str, int]:
    """Return the permissions of a space as v1 expands them, and their number."""
    pieces = [
        text
        for row in permission_rows(site, snapshot)
        if (text := _v1_permission(site, options, row))
    ]
    return array_of(pieces), len(pieces)


def v2_assignment(assignment: RoleAssignment) -> str:
    """Return a role assignment as v2 lists it."""
    kind = assignment.subject.type.replace("-", "_").upper()
    return dumps(
        {
            "principal": {
                "principalType": kind,
                "principalId": assignment.subject.id,
            },
            "roleId": assignment.role_id,
        }
    )


def v2_role(role: Role) -> str:
    """Return a role as v2 lists it."""
    return dumps(
        {
            "id": role.id,
            "type": "SYSTEM" if role.name in SYSTEM_ROLES else "CUSTOM",
            "name": role.name,
            "description": f"What {role.name} may do",
            "spacePermissions": list(role.permissions),
        }
    )


def _role_operations(
    site: SiteIndex, snapshot: SpaceSnapshot
) -> Iterator[tuple[Subject, str]]:
    for assignment in snapshot.assignments:
        role = site.directory.roles.get(assignment.role_id)
        for operation in role.operations if role else ():
            yield assignment.subject, operation


def _v1_permission(site: SiteIndex, options: CloudOptions, row: PermissionRow) -> str:
    subject = row.subject
    anonymous = subject.id in {AccessClass.ANONYMOUS, ANONYMOUS_ID}
    unlicensed = subject.id == AccessClass.UNLICENSED
    subjects = ""
    if not anonymous and not unlicensed:
        subjects = _v1_subjects(site, options, subject)
        if not subjects:
            return ""
    operation, _, target = row.operation.partition("/")
    number = int(row.id) if row.id.isdigit() else 0
    rest = dumps(
        {
            "id": number,
            "operation": {"operation": operation, "targetType": target},
            "anonymousAccess": anonymous,
            "unlicensedAccess": unlicensed,
        }
    )
    return f'{rest[:-1]},"subjects":{subjects}}}' if subjects else rest


def _v1_subjects(site: SiteIndex, options: CloudOptions, subject: Subject) -> str:
    if subject.type == SubjectType.USER:
        user = v1_user(site, options, subject.id)
        return (
            f'{{"user":{{"results":[{user}],"size":1}},"_expandable":{{"group":""}}}}'
        )
    if subject.type == SubjectType.GROUP:
        group = v1_group(site, subject.id)
        return (
            f'{{"group":{{"results":[{group}],"size":1}},"_expandable":{{"user":""}}}}'
        )
    # How v1 shows other classes and roles is not known: it says nothing of them.
    return ""
