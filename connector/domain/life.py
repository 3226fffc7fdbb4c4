"""The life of an installation: what may befall it, and what comes of it.

Pure: an installation and an event give the installation afterwards and the notices
to be written down (oauth-and-installation 2.1). An event that means nothing in a
state changes nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from connector.domain.installation import Installation

CHECK_EVERY = timedelta(hours=24)
LOOK_AGAIN = timedelta(hours=12)
RETRIES = (5, 25, 125, 625)
"""Seconds between the checks of a young installation that Atlassian refuses."""
MISSES = 3
MISSING_FOR = timedelta(hours=24)
LOST_FOR = timedelta(days=30)
KEPT_FOR = timedelta(days=21)

SCOPES_MISSING = "scopes_missing"
REFUSED = "refused"


class NoticeKind(StrEnum):
    """What is told about an installation; these names are part of our interface."""

    INSTALLED = "app.installed"
    UPGRADED = "app.upgraded"
    UPGRADE_AVAILABLE = "app.upgrade_available"
    SCOPES_CHANGED = "app.scopes_changed"
    DEGRADED = "app.degraded"
    RECOVERED = "app.recovered"
    REAUTH_REQUIRED = "app.reauth_required"
    REAUTHORIZED = "app.reauthorized"
    ACCESS_LOST = "app.access_lost"
    SUSPENDED = "app.suspended"
    RESUMED = "app.resumed"
    PRE_UNINSTALL = "app.pre_uninstall"
    UNINSTALLED = "app.uninstalled"
    PURGED = "app.purged"
    ACCOUNT_CLOSED = "privacy.account_closed"
    IGNORED = "app.event_ignored"


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to write down about an installation."""

    kind: NoticeKind
    detail: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Trouble:
    """What keeps an installation from working fully: for programs and for people."""

    reason: str
    note: str


@dataclass(frozen=True, slots=True)
class ConsentGranted:
    """An administrator consented; ``permissions`` is what was asked for."""

    grant_id: str
    profile: str
    permissions: int


@dataclass(frozen=True, slots=True)
class Checked:
    """The site answered: what its consent holds now, and what is wrong with that.

    ``permissions`` is the version of the scope list that ``missing`` is about.
    """

    scopes: frozenset[str]
    permissions: int
    missing: tuple[str, ...] = ()
    trouble: Trouble | None = None
    account_id: str = ""


@dataclass(frozen=True, slots=True)
class CheckRefused:
    """Atlassian knows the site and yet answered a check with 401 or 403."""

    note: str


@dataclass(frozen=True, slots=True)
class Released:
    """A version of the connector was started that asks for other scopes."""

    permissions: int
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GrantDied:
    """Atlassian no longer accepts the refresh token."""

    note: str


@dataclass(frozen=True, slots=True)
class SiteMissing:
    """A working token does not reach the site any more."""


@dataclass(frozen=True, slots=True)
class SiteSeen:
    """A site that was missing is back."""


@dataclass(frozen=True, slots=True)
class Paused:
    """The operator paused the site."""


@dataclass(frozen=True, slots=True)
class Resumed:
    """The operator ended the pause."""


@dataclass(frozen=True, slots=True)
class UninstallRequested:
    """A person uninstalled the connector from the site."""

    by: str = ""


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """Every open finding of the site was withdrawn."""


@dataclass(frozen=True, slots=True)
class RetentionOver:
    """What was kept of an ended installation has been erased."""


Event = (
    ConsentGranted
    | Checked
    | CheckRefused
    | Released
    | GrantDied
    | SiteMissing
    | SiteSeen
    | Paused
    | Resumed
    | UninstallRequested
    | Withdrawn
    | RetentionOver
)


@dataclass(frozen=True, slots=True)
class Step:
    """An installation after an event, and what to write down."""

    installation: Installation
    notices: tuple[Notice, ...] = ()
