"""What a simulated cloud is made of: its sites, its OAuth apps, its habits."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from casb_sdk.model import AnonymousUse
from casb_sdk.snapshot import SiteSnapshot

CONTENT_TYPES = ("page", "blogpost", "whiteboard", "database", "embed", "folder")
TIER_1_POINTS = 65_000
HOUR = 3600.0
DAY = 86_400.0


class Consent(StrEnum):
    """What happens on the consent page when nobody is there to click."""

    ASK = "ask"
    ACCEPT = "accept"
    REFUSE = "refuse"
    EXPIRE = "expire"


class RateHeaders(StrEnum):
    """When answers carry rate limit headers."""

    ALWAYS = "always"
    NEAR = "near"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class OAuthApp:
    """An app of the developer console.

    Without redirect URIs any is taken; without scopes any may be asked for.
    """

    client_id: str = "simulated-client"
    client_secret: str = "simulated-secret"  # noqa: S105 - opens nothing real
    redirect_uris: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CheckAnswer:
    """What ``permission/check`` says, whatever the model thinks."""

    allowed: bool
    error: str = ""


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """One line of the audit log; objects are (name, type) as Confluence has them."""

    created: float
    summary: str
    category: str = "Permissions"
    author_id: str = ""
    affected: tuple[str, str] = ("", "")
    associated: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class CloudSite:
    """A site: its snapshot is the truth, the rest is what callers get to see.

    ``installer`` is the account that consents; without one the first human of
    the directory does. ``checks`` overrides ``permission/check``, keyed by
    (subject id, content id), the anonymous subject being ``anonymous``.
    """

    snapshot: SiteSnapshot
    installer: str = ""
    installer_is_admin: bool = True
    anonymous_allowed: bool | None = None
    hidden_ids: frozenset[str] = frozenset()
    hidden_spaces: frozenset[str] = frozenset()
    checks: Mapping[tuple[str, str], CheckAnswer] = field(default_factory=dict)
    audit: tuple[AuditRecord, ...] = ()

    @property
    def cloud_id(self) -> str:
        """The id of the site."""
        return self.snapshot.directory.site.cloud_id

    @property
    def lets_anonymous_in(self) -> bool:
        """Whether anonymous visitors may use Confluence at all."""
        if self.anonymous_allowed is not None:
            return self.anonymous_allowed
        use = self.snapshot.directory.anonymous_use
        return use is not AnonymousUse.AUTHENTICATED_ANY


@dataclass(frozen=True, slots=True)
class CloudOptions:
    """How the cloud behaves. Times are seconds, ``jitter`` a share of the latency.

    ``burst_per_second`` limits each endpoint, 0 meaning no limit; ``keeps_log``
    writes down every request, for tests that ask what was sent; each site keeps
    ``memo_bytes`` of answers ready. Where ``beta_headers`` is on nothing is enforced
    yet, as Atlassian announces it.
    """

    latency: float = 0.0
    jitter: float = 0.0
    seed: int = 0
    consent: Consent = Consent.ASK
    resource_level_consent: bool = False
    jira_container: bool = False
    access_token_life: float = HOUR
    refresh_leeway: float = 600.0
    refresh_idle_life: float = 90 * DAY
    code_life: float = 300.0
    report_cycle: str = "P7D"
    search_types: tuple[str, ...] = CONTENT_TYPES
    search_sorts: tuple[str, ...] = ("id", "created", "lastmodified", "title")
    search_lists_archived: bool = False
    search_expands_space_permissions: bool = False
    search_cap: int = 200
    search_cap_bare: int = 1000
    inline_subjects: int = 200
    legacy_listings: bool = False
    guest_flags: tuple[str, ...] = ("isGuest", "isExternalCollaborator")
    points_per_hour: int = TIER_1_POINTS
    hour: float = HOUR
    quota_reason: str = "confluence-quota-global-based"
    beta_headers: bool = False
    rate_headers: RateHeaders = RateHeaders.ALWAYS
    burst_per_second: float = 0.0
    keeps_log: bool = False
    memo_bytes: int = 768 * 1024 * 1024
