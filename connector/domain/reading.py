"""What one call or a few to Confluence taught us, before it becomes a snapshot."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from casb_sdk import (
    Account,
    ContentItem,
    Coverage,
    Grant,
    Group,
    Restriction,
    Role,
    RoleAssignment,
    Site,
    Space,
)
from casb_sdk.coverage import SEEN_WHOLE
from casb_sdk.model import NodeState

NOT_IN_PROFILE = "not_in_profile"
"""Why something was not even asked for: no scope of the profile shows it."""


@dataclass(frozen=True, slots=True)
class SiteOutline:
    """The frame of a site: spaces, groups by name, roles; no grants, no members.

    ``groups`` carry their access types and an unread membership.
    """

    site: Site
    spaces: tuple[Space, ...]
    groups: tuple[Group, ...] = ()
    roles: tuple[Role, ...] = ()
    role_mode: str = "PRE_ROLES"
    product_groups_read: bool = True
    installing_account: str = ""
    coverage: Coverage = SEEN_WHOLE


@dataclass(frozen=True, slots=True)
class SpaceGrants:
    """Who was given what on one space."""

    space_id: str
    grants: tuple[Grant, ...] = ()
    assignments: tuple[RoleAssignment, ...] = ()
    coverage: Coverage = SEEN_WHOLE


@dataclass(frozen=True, slots=True)
class GroupReading:
    """A group with its members, and the accounts that the list described.

    ``size`` is how many members the site counts, None where it does not say.
    """

    group: Group
    accounts: tuple[Account, ...] = ()
    coverage: Coverage = SEEN_WHOLE
    size: int | None = None


@dataclass(frozen=True, slots=True)
class AccountsReading:
    """Accounts that were looked up; ids nobody knows come back as absent."""

    accounts: tuple[Account, ...] = ()
    coverage: Coverage = SEEN_WHOLE


@dataclass(frozen=True, slots=True)
class FoundItem:
    """An item of a listing and the space it is in."""

    space_id: str
    item: ContentItem


@dataclass(frozen=True, slots=True)
class ContentPage:
    """One page of a content listing.

    ``ancestors`` describes the ancestors the items name, with their own parents,
    whether or not the listing will contain them. ``cut`` holds the ids of items
    whose restriction lists came incomplete. ``accounts`` and ``groups`` were
    described inside restrictions. ``resume`` continues after this page and is
    None on the last one.
    """

    found: tuple[FoundItem, ...] = ()
    ancestors: tuple[FoundItem, ...] = ()
    accounts: tuple[Account, ...] = ()
    groups: tuple[Group, ...] = ()
    cut: frozenset[str] = frozenset()
    resume: str | None = None
    coverage: Coverage = SEEN_WHOLE


@dataclass(frozen=True, slots=True)
class RestrictionReading:
    """The lists of one item from the dedicated endpoint.

    ``state`` is ANCESTOR when they were read, MISSING on 404, UNREADABLE
    otherwise; lists of an item that could not be read mean nothing.
    """

    content_id: str
    read: Restriction = field(default_factory=Restriction)
    update: Restriction = field(default_factory=Restriction)
    state: NodeState = NodeState.ANCESTOR
    accounts: tuple[Account, ...] = ()
    groups: tuple[Group, ...] = ()
    coverage: Coverage = SEEN_WHOLE


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """A line of the site's audit log; it names its objects, as (name, type) pairs."""

    at: datetime
    category: str
    summary: str
    objects: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class AuditReading:
    """What the audit log says since a moment; None where it may not be read."""

    events: tuple[AuditEvent, ...] | None = None


class Fate(StrEnum):
    """What became of something that the last scan saw and this one did not."""

    PRESENT = "present"
    DELETED = "deleted"
    NOT_VISIBLE = "not_visible"
    UNASKED = "unasked"


class Verdict(StrEnum):
    """Confluence's own answer about a principal and an item (access-model 1.10)."""

    ALLOWED = "allowed"
    DENIED = "denied"
    NO_CONFLUENCE = "no_confluence"
    UNANSWERED = "unanswered"


@dataclass(frozen=True, slots=True)
class Spending:
    """Calls and rate-limit points spent, in all and by endpoint."""

    calls: int = 0
    points: int = 0
    retries: int = 0
    calls_of: dict[str, int] = field(default_factory=dict)
    points_of: dict[str, int] = field(default_factory=dict)

    def __add__(self, other: "Spending") -> "Spending":
        """Return the sum of two spendings."""
        return Spending(
            self.calls + other.calls,
            self.points + other.points,
            self.retries + other.retries,
            _sum(self.calls_of, other.calls_of),
            _sum(self.points_of, other.points_of),
        )

    def __sub__(self, earlier: "Spending") -> "Spending":
        """Return what was spent since an earlier moment of the same count."""
        return Spending(
            self.calls - earlier.calls,
            self.points - earlier.points,
            self.retries - earlier.retries,
            _rest(self.calls_of, earlier.calls_of),
            _rest(self.points_of, earlier.points_of),
        )


def _sum(one: dict[str, int], other: dict[str, int]) -> dict[str, int]:
    return {key: one.get(key, 0) + other.get(key, 0) for key in sorted({*one, *other})}


def _rest(one: dict[str, int], earlier: dict[str, int]) -> dict[str, int]:
    since = {key: count - earlier.get(key, 0) for key, count in sorted(one.items())}
    return {key: count for key, count in since.items() if count}
