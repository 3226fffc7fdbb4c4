"""A site's installation: its settings, its grant and its state."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from casb_sdk import AudiencePolicy, Site


class InstallationState(StrEnum):
    """Where an installation stands in its life (oauth-and-installation 2.1)."""

    PENDING_CONSENT = "pending_consent"
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


@dataclass(frozen=True, slots=True)
class SiteSettings:
    """What an operator may set per site (interfaces, ``casb sites set``)."""

    internal_domains: frozenset[str] = frozenset()
    match_subdomains: bool = False
    internal_ids: frozenset[str] = frozenset()
    external_ids: frozenset[str] = frozenset()
    self_app_account_ids: frozenset[str] = frozenset()
    atlassian_app_ids: frozenset[str] = frozenset()
    spaces_include: frozenset[str] = frozenset()
    spaces_exclude: frozenset[str] = frozenset()
    scan_every: str = "24h"
    verify: bool = False

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
class Installation:
    """The connector on one site; the same site installed again is a new one.

    ``learnt`` is what the last scan found out about how the site answers, in words
    only the reader knows, and ``learnt_at`` when it was found out anew.
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
    learnt: str = field(default="", repr=False)
    learnt_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class TokenPair:
    """An access token with its refresh token; never printed."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_at: datetime
    scopes: frozenset[str] = frozenset()
