"""The operations of Confluence we call: the scope each needs and what it costs."""

from dataclasses import dataclass
from enum import IntEnum

READ_SPACE = "read:space:confluence"
READ_SPACE_PERMISSION = "read:space.permission:confluence"
READ_PAGE = "read:page:confluence"
READ_USER = "read:user:confluence"
READ_CONFIGURATION = "read:configuration:confluence"
READ_CONTENT_METADATA = "read:content.metadata:confluence"
SEARCH_CONFLUENCE = "search:confluence"
READ_CONTENT = "read:confluence-content.all"
CHECK_PERMISSION = "read:confluence-content.permission"
READ_GROUPS = "read:confluence-groups"
READ_ACCOUNTS = "read:confluence-user"
READ_AUDIT_LOG = "read:audit-log:confluence"
READ_SPACE_SUMMARY = "read:confluence-space.summary"
READ_CONTENT_SUMMARY = "read:confluence-content.summary"


class Price(IntEnum):
    """Points for each object an answer holds, besides one point for the call."""

    NOTHING = 0
    CORE = 1
    IDENTITY = 2


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An operation; ``path`` holds a place for each argument.

    ``is_content`` gives its calls the first free slot: pages of content follow one
    another, and everything else fills the slots they leave. ``may_lack_next`` marks
    lists whose full pages may come without a next link though there is more.
    """

    path: str
    scope: str
    price: Price
    method: str = "GET"
    is_content: bool = False
    may_lack_next: bool = False

    @property
    def name(self) -> str:
        """The operation as people write it."""
        return f"{self.method} {self.path}"


V2 = "/wiki/api/v2"
V1 = "/wiki/rest/api"

SPACES = Endpoint(f"{V2}/spaces", READ_SPACE, Price.CORE)
PERMISSIONS = Endpoint(f"{V2}/spaces/{{id}}/permissions", READ_SPACE, Price.IDENTITY)
ASSIGNMENTS = Endpoint(
    f"{V2}/spaces/{{id}}/role-assignments", READ_SPACE_PERMISSION, Price.IDENTITY
)
ROLES = Endpoint(f"{V2}/space-roles", READ_SPACE_PERMISSION, Price.CORE)
ROLE_MODE = Endpoint(f"{V2}/space-role-mode", READ_CONFIGURATION, Price.CORE)
PAGES = Endpoint(f"{V2}/pages", READ_PAGE, Price.CORE, is_content=True)
BLOGPOSTS = Endpoint(f"{V2}/blogposts", READ_PAGE, Price.CORE, is_content=True)
PAGE_ANCESTORS = Endpoint(
    f"{V2}/pages/{{id}}/ancestors", READ_CONTENT_METADATA, Price.CORE
)
USERS_BULK = Endpoint(f"{V2}/users-bulk", READ_USER, Price.IDENTITY, method="POST")

SEARCH = Endpoint(
    f"{V1}/content/search", SEARCH_CONFLUENCE, Price.CORE, is_content=True
)
COUNT = Endpoint(f"{V1}/search", SEARCH_CONFLUENCE, Price.CORE)
RESTRICTION = Endpoint(f"{V1}/content/{{id}}/restriction", READ_CONTENT, Price.IDENTITY)
RESTRICTION_OF = Endpoint(
    f"{V1}/content/{{id}}/restriction/byOperation/{{operationKey}}",
    READ_CONTENT,
    Price.IDENTITY,
)
CHECK = Endpoint(
    f"{V1}/content/{{id}}/permission/check",
    CHECK_PERMISSION,
    Price.NOTHING,
    method="POST",
)
GROUPS = Endpoint(f"{V1}/group", READ_GROUPS, Price.IDENTITY, may_lack_next=True)
GROUP = Endpoint(f"{V1}/group/by-id", READ_GROUPS, Price.IDENTITY)
MEMBERS = Endpoint(
    f"{V1}/group/{{groupId}}/membersByGroupId",
    READ_GROUPS,
    Price.IDENTITY,
    may_lack_next=True,
)
USER = Endpoint(f"{V1}/user", READ_ACCOUNTS, Price.IDENTITY)
USERS = Endpoint(f"{V1}/user/bulk", READ_ACCOUNTS, Price.IDENTITY)
CURRENT_USER = Endpoint(f"{V1}/user/current", READ_ACCOUNTS, Price.IDENTITY)
AUDIT = Endpoint(f"{V1}/audit", READ_AUDIT_LOG, Price.CORE, may_lack_next=True)

# Gone from the v1 document; a site may have them still (confluence-api 2.3).
LEGACY_SPACES = Endpoint(
    f"{V1}/space", READ_SPACE_SUMMARY, Price.CORE, may_lack_next=True
)
LEGACY_CONTENT = Endpoint(
    f"{V1}/content",
    READ_CONTENT_SUMMARY,
    Price.CORE,
    is_content=True,
    may_lack_next=True,
)
LEGACY_ITEM = Endpoint(f"{V1}/content/{{id}}", READ_CONTENT_SUMMARY, Price.CORE)
DESCENDANTS = Endpoint(
    f"{V1}/content/{{id}}/descendant/{{type}}",
    READ_CONTENT_SUMMARY,
    Price.CORE,
    is_content=True,
    may_lack_next=True,
)
