"""What one scan saw of a space and of a site: facts and coverage, no verdicts."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from casb_sdk.content import ContentTable
from casb_sdk.coverage import SEEN_WHOLE, Coverage
from casb_sdk.model import (
    Account,
    AnonymousUse,
    Grant,
    Group,
    Role,
    RoleAssignment,
    RoleMode,
    Site,
    Space,
)


@dataclass(frozen=True, slots=True)
class Directory:
    """The people, groups and roles of a site, as far as they matter.

    ``product_groups_read`` tells whether the groups that give product access
    could be listed; if not, everybody is taken to have access.
    """

    site: Site
    accounts: Mapping[str, Account] = field(default_factory=dict)
    groups: Mapping[str, Group] = field(default_factory=dict)
    roles: Mapping[str, Role] = field(default_factory=dict)
    role_mode: str = RoleMode.PRE_ROLES
    product_groups_read: bool = True
    anonymous_use: AnonymousUse = AnonymousUse.UNVERIFIED
    coverage: Coverage = SEEN_WHOLE


@dataclass(frozen=True, slots=True)
class SpaceSnapshot:
    """One space: its grants, its content and what could not be read of it."""

    space: Space
    grants: tuple[Grant, ...] = ()
    assignments: tuple[RoleAssignment, ...] = ()
    content: ContentTable = field(default_factory=ContentTable)
    coverage: Coverage = SEEN_WHOLE


@dataclass(frozen=True, slots=True)
class SiteSnapshot:
    """A whole site in memory; for tests, small sites and the simulated cloud."""

    directory: Directory
    spaces: tuple[SpaceSnapshot, ...] = ()
