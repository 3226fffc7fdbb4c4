"""The operations served: path, scopes and route of each."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from casb_sdk.cloud.confluence import (
    rest_audit,
    rest_check,
    rest_legacy,
    rest_people,
    rest_restrictions,
    rest_search,
    v2_content,
    v2_people,
    v2_spaces,
)
from casb_sdk.cloud.confluence.call import Route

CONTENT = "/wiki/rest/api/content/{id}"
BY_OPERATION = f"{CONTENT}/restriction/byOperation"
SUMMARY = "read:confluence-content.summary"
SPACES = "read:confluence-space.summary"
ALL = "read:confluence-content.all"
USERS = "read:confluence-user"
GROUPS = "read:confluence-groups"
SEARCH = "search:confluence"
DETAILS = "read:content-details:confluence"
LISTED = "read:content.restriction:confluence"
SPACE = "read:space:confluence"
AUDIT_LOG = "read:audit-log:confluence"
SPACE_DETAILS = "read:space-details:confluence"
SPACE_PERMISSION = "read:space.permission:confluence"
PAGE = "read:page:confluence"
GROUP = "read:group:confluence"
USER = "read:user:confluence"
METADATA = "read:content.metadata:confluence"


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation; a caller needs the classic scope or all the granular ones.

    ``is_steady`` says that equal requests get equal answers until the site changes.
    """

    method: str
    path: str
    classic: str
    granular: tuple[str, ...]
    route: Route
    is_steady: bool = True

    def allows(self, scopes: frozenset[str]) -> bool:
        """Return whether a token with these scopes may call this."""
        return self.classic in scopes or scopes.issuperset(self.granular)


def _get(path: str, classic: str, granular: str, route: Route) -> Operation:
    return Operation("GET", path, classic, tuple(granular.split()), route)


def _post(path: str, classic: str, granular: str, route: Route) -> Operation:
    return Operation("POST", path, classic, (granular,), route, is_steady=False)


REST = (
    _get("/wiki/rest/api/content/search", SEARCH, DETAILS, rest_search.search_content),
    _get("/wiki/rest/api/search", SEARCH, DETAILS, rest_search.search_site),
    _get("/wiki/rest/api/search/user", "", DETAILS, rest_people.search_users),
    _get(f"{CONTENT}/restriction", ALL, DETAILS, rest_restrictions.all_restrictions),
    _get(BY_OPERATION, ALL, DETAILS, rest_restrictions.restrictions_by_operation),
    _get(
        f"{BY_OPERATION}/{{operation}}",
        ALL,
        DETAILS,
        rest_restrictions.restrictions_of_operation,
    ),
    _get(
        f"{BY_OPERATION}/{{operation}}/user",
        ALL,
        LISTED,
        rest_restrictions.is_user_listed,
    ),
    _get(
        f"{BY_OPERATION}/{{operation}}/byGroupId/{{groupId}}",
        ALL,
        LISTED,
        rest_restrictions.is_group_listed,
    ),
    _post(
        f"{CONTENT}/permission/check",
        "read:confluence-content.permission",
        "read:content.permission:confluence",
        rest_check.check_permission,
    ),
    _get("/wiki/rest/api/group", GROUPS, GROUP, rest_people.list_groups),
    _get("/wiki/rest/api/group/by-id", GROUPS, GROUP, rest_people.group_by_id),
    _get(
        "/wiki/rest/api/group/{groupId}/membersByGroupId",
        GROUPS,
        f"{GROUP} {USER}",
        rest_people.group_members,
    ),
    _get("/wiki/rest/api/user", USERS, DETAILS, rest_people.one_user),
    Operation(
        "GET",
        "/wiki/rest/api/user/current",
        USERS,
        (DETAILS,),
        rest_people.current_user,
        is_steady=False,
    ),
    _get("/wiki/rest/api/user/anonymous", USERS, USER, rest_people.anonymous_user),
    _get("/wiki/rest/api/user/bulk", USERS, DETAILS, rest_people.users_in_bulk),
    _get(
        "/wiki/rest/api/user/memberof",
        USERS,
        f"{USER} {GROUP}",
        rest_people.groups_of_user,
    ),
)

AUDIT = (
    _get(
        "/wiki/rest/api/audit", "", "read:audit-log:confluence", rest_audit.list_audit
    ),
)

REMOVED = (
    _get("/wiki/rest/api/space", SPACES, SPACE_DETAILS, rest_legacy.list_spaces),
    _get("/wiki/rest/api/space/{key}", SPACES, SPACE_DETAILS, rest_legacy.gone),
    _get("/wiki/rest/api/space/{key}/content", SUMMARY, DETAILS, rest_legacy.gone),
    _get("/wiki/rest/api/content", SUMMARY, DETAILS, rest_legacy.list_content),
    _get(CONTENT, SUMMARY, DETAILS, rest_legacy.one_item),
    _get(f"{CONTENT}/child", SUMMARY, DETAILS, rest_legacy.gone),
    _get(f"{CONTENT}/child/{{type}}", SUMMARY, DETAILS, rest_legacy.gone),
    _get(f"{CONTENT}/descendant/{{type}}", SUMMARY, DETAILS, rest_legacy.descendants),
)
"""Gone from the document, but for descendants; what answers depends on the cloud."""

V2 = (
    _get(
        "/wiki/api/v2/space-role-mode",
        "",
        "read:configuration:confluence",
        v2_spaces.role_mode,
    ),
    _get("/wiki/api/v2/spaces", "", SPACE, v2_spaces.list_spaces),
    _get("/wiki/api/v2/spaces/{id}", "", SPACE, v2_spaces.one_space),
    _get(
        "/wiki/api/v2/spaces/{id}/permissions", "", SPACE, v2_spaces.space_permissions
    ),
    _get(
        "/wiki/api/v2/spaces/{id}/role-assignments",
        "",
        SPACE_PERMISSION,
        v2_spaces.role_assignments,
    ),
    _get("/wiki/api/v2/space-roles", "", SPACE_PERMISSION, v2_spaces.list_roles),
    _get("/wiki/api/v2/space-roles/{id}", "", SPACE_PERMISSION, v2_spaces.one_role),
    _get("/wiki/api/v2/pages", "", PAGE, v2_content.list_pages),
    _get("/wiki/api/v2/blogposts", "", PAGE, v2_content.list_blogposts),
    _get("/wiki/api/v2/spaces/{id}/pages", "", PAGE, v2_content.pages_of_space),
    _get("/wiki/api/v2/spaces/{id}/blogposts", "", PAGE, v2_content.blogposts_of_space),
    _get("/wiki/api/v2/pages/{id}", "", PAGE, v2_content.one_item),
    _get("/wiki/api/v2/blogposts/{id}", "", PAGE, v2_content.one_item),
    *(
        _get(
            f"/wiki/api/v2/{name}s/{{id}}",
            "",
            f"read:{name}:confluence",
            v2_content.one_item,
        )
        for name in ("whiteboard", "database", "embed", "folder")
    ),
    _get("/wiki/api/v2/pages/{id}/ancestors", "", METADATA, v2_content.page_ancestors),
    _post("/wiki/api/v2/users-bulk", "", USER, v2_people.users_in_bulk),
    _post(
        "/wiki/api/v2/content/convert-ids-to-types",
        "",
        METADATA,
        v2_content.convert_ids,
    ),
)


@dataclass(frozen=True, slots=True)
class Match:
    """An operation found for a path, and what its placeholders stand for."""

    operation: Operation
    params: dict[str, str]


def find_operation(method: str, path: str) -> Match | None:
    """Return the operation a request is for."""
    parts = path.split("/")
    for pattern, operation in _candidates(method, len(parts)):
        params: dict[str, str] = {}
        for wanted, part in zip(pattern, parts, strict=True):
            if wanted.startswith("{"):
                params[wanted[1:-1]] = part
            elif wanted != part:
                break
        else:
            return Match(operation, params)
    return None


def name_of(method: str, path: str, match: Match | None) -> str:
    """Return what the ledger calls a request, placeholders instead of ids."""
    return f"{method} {match.operation.path if match else path}"


@cache
def _candidates(
    method: str, length: int
) -> tuple[tuple[tuple[str, ...], Operation], ...]:
    """Return the operations with paths of a length, literal ones first."""
    found = [
        (tuple(operation.path.split("/")), operation)
        for operation in _all_operations()
        if operation.method == method
    ]
    fitting = [(parts, operation) for parts, operation in found if len(parts) == length]
    return tuple(sorted(fitting, key=lambda pair: pair[1].path.count("{")))


def _all_operations() -> Iterator[Operation]:
    yield from REST
    yield from AUDIT
    yield from REMOVED
    yield from V2
