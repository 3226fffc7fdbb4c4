"""v2 spaces, the permissions on them, and roles."""

from casb_sdk.cloud.confluence.call import Answer, Call
from casb_sdk.cloud.confluence.paging import (
    priced,
    v2_answer,
    v2_cursor,
    v2_limit,
    v2_list,
    v2_position,
)
from casb_sdk.cloud.confluence.render_spaces import (
    permission_rows,
    v2_assignment,
    v2_permission,
    v2_role,
    v2_space,
)
from casb_sdk.cloud.jsontext import array_of, dumps
from casb_sdk.cloud.refusals import v2_bad_parameter, v2_not_found
from casb_sdk.content import id_order
from casb_sdk.model import Role, RoleMode
from casb_sdk.snapshot import SpaceSnapshot

MOST_IDS = 250
INCLUDED = 50
LISTED = frozenset({"current", "archived"})


def role_mode(call: Call) -> Answer:
    """Answer ``GET /api/v2/space-role-mode``."""
    mode = str(call.site.directory.role_mode)
    return Answer(dumps({"mode": mode}), other=1)


def list_spaces(call: Call) -> Answer:
    """Answer ``GET /api/v2/spaces``, ordered by id."""
    limit = v2_limit(call)
    spaces = [s.space for s in _wanted_spaces(call)]
    cursor = call.query.text("cursor")
    if cursor:
        last, _ = v2_position(cursor)
        spaces = [space for space in spaces if id_order(space.id) > id_order(last)]
    shown = spaces[:limit]
    more = ""
    if len(spaces) > limit:
        more = v2_cursor(shown[-1].id, len(shown))
    pieces = [v2_space(call.site, space) for space in shown]
    return priced(v2_answer(call, pieces, more), "core", len(pieces))


def one_space(call: Call) -> Answer:
    """Answer ``GET /api/v2/spaces/{id}``; what it includes is cut short."""
    snapshot = _space(call)
    text = v2_space(call.site, snapshot.space)
    rows = permission_rows(call.site, snapshot)[:INCLUDED]
    included = 0
    if call.query.flag("include-permissions"):
        text = _with(text, "permissions", [v2_permission(row) for row in rows])
        included = len(rows)
    if call.query.flag("include-role-assignments") and _has_roles(call):
        held = snapshot.assignments[:INCLUDED]
        text = _with(text, "roleAssignments", [v2_assignment(a) for a in held])
        included += len(held)
    return Answer(text, core=1, identity=included)


def space_permissions(call: Call) -> Answer:
    """Answer ``GET /api/v2/spaces/{id}/permissions``."""
    rows = permission_rows(call.site, _space(call))
    return v2_list(call, rows, v2_permission, "identity")


def role_assignments(call: Call) -> Answer:
    """Answer ``GET /api/v2/spaces/{id}/role-assignments``, on sites on roles."""
    _refuse_without_roles(call)
    query = call.query
    rows = [
        assignment
        for assignment in _space(call).assignments
        if query.text("role-id", assignment.role_id) == assignment.role_id
        and query.text("principal-id", assignment.subject.id) == assignment.subject.id
    ]
    return v2_list(call, rows, v2_assignment, "identity")


def list_roles(call: Call) -> Answer:
    """Answer ``GET /api/v2/space-roles``, on sites on roles."""
    _refuse_without_roles(call)
    return v2_list(call, _roles(call), v2_role, "other")


def one_role(call: Call) -> Answer:
    """Answer ``GET /api/v2/space-roles/{id}``."""
    _refuse_without_roles(call)
    role = call.site.directory.roles.get(call.params["id"])
    if role is None:
        raise v2_not_found()
    return Answer(v2_role(role), other=1)


def _roles(call: Call) -> list[Role]:
    return sorted(call.site.directory.roles.values(), key=lambda role: role.id)


def _has_roles(call: Call) -> bool:
    return call.site.directory.role_mode != RoleMode.PRE_ROLES


def _refuse_without_roles(call: Call) -> None:
    if not _has_roles(call):
        raise v2_not_found()


def _space(call: Call) -> SpaceSnapshot:
    snapshot = call.site.space(call.params["id"])
    if snapshot is None:
        raise v2_not_found()
    return snapshot


def _wanted_spaces(call: Call) -> list[SpaceSnapshot]:
    query = call.query
    statuses = frozenset(query.listed("status")) or LISTED
    type_ = query.text("type")
    ids, keys = _set(call, "ids"), _set(call, "keys")
    return [
        snapshot
        for snapshot in call.site.spaces
        if snapshot.space.status in statuses
        and type_ in {"", snapshot.space.type}
        and (ids is None or snapshot.space.id in ids)
        and (keys is None or snapshot.space.key in keys)
    ]


def _set(call: Call, name: str) -> frozenset[str] | None:
    if name not in call.query:
        return None
    values = call.query.listed(name)
    if len(values) > MOST_IDS:
        raise v2_bad_parameter(name)
    return frozenset(values)


def _with(text: str, name: str, pieces: list[str]) -> str:
    inner = f'{{"results":{array_of(pieces)},"meta":{{"hasMore":false}},"_links":{{}}}}'
    return f'{text[:-1]},"{name}":{inner}}}'
