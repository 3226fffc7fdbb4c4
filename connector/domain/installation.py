"""A site's installation: its settings, its grant and its state."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from casb_sdk import AudiencePolicy, Site


class InstallationState(StrEnum):
    """Where an installation stands in its life (oauth-and-installation 2.1).

    A consent that is only being asked for is no installation yet: `Consent`.
    """

    VERIFYING = "verifying"
    ACTIVE = "active"
    UPGRADE_PENDING = "upgrade_pending"
    DEGRADED = "degraded"
    REAUTH_REQUIRED = "reauth_required"
    ACCESS_LOST = "access_lost"
    SUSPENDED = "suspended"
    UNINSTALLING = "uninstalling"
    UNINSTALLED = "uninstalled"
    PURGED = "purged"

    @property
    def may_scan(self) -> bool:
        """Return whether a scan may start in this state."""
        return self in {
            InstallationState.ACTIVE,
            InstallationState.UPGRADE_PENDING,
            InstallationState.DEGRADED,
        }

    @property
    def has_ended(self) -> bool:
        """Return whether nothing leads back from this state."""
        return self in {InstallationState.UNINSTALLED, InstallationState.PURGED}


@dataclass(frozen=True, slots=True)
class SiteSettings:
    """What an operator may set per site (interfaces, ``casb sites set``).

    An empty ``scan_every`` or ``incremental_every`` is what the deployment says
    (``CASB_SCAN_EVERY``, ``CASB_INCREMENTAL_EVERY``).
    ``points_per_hour`` is a quota of the site's own, 0 where it shares the app's.
    """

    internal_domains: frozenset[str] = frozenset()
    match_subdomains: bool = False
    internal_ids: frozenset[str] = frozenset()
    external_ids: frozenset[str] = frozenset()
    self_app_account_ids: frozenset[str] = frozenset()
    atlassian_app_ids: frozenset[str] = frozenset()
    spaces_include: frozenset[str] = frozenset()
    spaces_exclude: frozenset[str] = frozenset()
    root_content_ids: frozenset[str] = frozenset()
    scan_every: str = ""
    incremental_every: str = ""
    verify: bool = False
    points_per_hour: int = 0

    def audience_policy(self, shipped_apps: dict[str, str]) -> AudiencePolicy:
        """Return the settings as the access model wants them."""
        return AudiencePolicy(
            internal_domains=self.internal_domains,
            match_subdomains=self.match_subdomains,
            internal_ids=self.internal_ids,
            external_ids=self.external_ids,
            self_app_ids=self.self_app_account_ids,
            atlassian_app_ids=self.atlassian_app_ids | shipped_apps.keys(),
            atlassian_app_names=frozenset(shipped_apps.values()),
        )

    def covers(self, space_key: str) -> bool:
        """Return whether a space is to be scanned."""
        if space_key in self.spaces_exclude:
            return False
        return not self.spaces_include or space_key in self.spaces_include


@dataclass(frozen=True, slots=True)
class Trail:
    """What an installation has been through, as far as its next step depends on it.

    ``came_from`` is the state before a check that is under way, ``beneath`` the
    state that a pause hides. ``refusals`` counts the checks Atlassian refused in a
    row, ``misses`` those that did not find the site, since ``missed_since``.
    ``stopped_at`` is since when no scan has been possible, if that has not ended.
    """

    came_from: InstallationState | None = None
    beneath: InstallationState | None = None
    verified_at: datetime | None = None
    refusals: int = 0
    misses: int = 0
    missed_since: datetime | None = None
    lost_at: datetime | None = None
    alarmed_again_at: datetime | None = None
    stopped_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Installation:
    """The connector on one site; the same site installed again is a new one.

    ``note`` says for people what is wrong, ``reason`` the same for programs.
    ``permissions`` is the version of our scope list its consent was asked with, and
    ``due_at`` when somebody has to look at it next. ``learnt`` is what the last scan
    found out about how the site answers, in words only the reader knows, and
    ``learnt_at`` when it was found out anew.
    """

    id: str
    site: Site
    grant_id: str
    state: InstallationState = InstallationState.ACTIVE
    scopes: frozenset[str] = frozenset()
    profile: str = "current"
    settings: SiteSettings = field(default_factory=SiteSettings)
    installed_at: datetime | None = None
    installing_account: str = ""
    note: str = ""
    reason: str = ""
    permissions: int = 1
    due_at: datetime | None = None
    ended_at: datetime | None = None
    trail: Trail = field(default_factory=Trail)
    learnt: str = field(default="", repr=False)
    learnt_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class TokenPair:
    """An access token with its refresh token; never printed."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_at: datetime
    scopes: frozenset[str] = frozenset()
