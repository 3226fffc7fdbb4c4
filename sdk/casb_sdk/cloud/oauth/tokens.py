"""OAuth 2.0 (3LO) as Atlassian does it: codes, rotation, leeway, families."""

import base64
import hashlib
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from casb_sdk.cloud.clock import Clock
from casb_sdk.cloud.options import CloudOptions, OAuthApp

OFFLINE = "offline_access"
TOKEN_BYTES = 480
CODE_BYTES = 24


class OAuthRefusedError(Exception):
    """Raised when the token endpoint refuses."""

    def __init__(self, status: int, error: str, description: str) -> None:
        super().__init__(error)
        self.status = status
        self.body = {"error": error, "error_description": description}


@dataclass(slots=True)
class Grant:
    """What one account allowed one app; a later consent overrides the scopes."""

    app: OAuthApp
    account_id: str
    scopes: frozenset[str] = frozenset()
    sites: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Family:
    """The tokens that come from one consent."""

    grant: Grant
    own_sites: frozenset[str] | None
    used_at: float
    is_dead: bool = False

    @property
    def sites(self) -> frozenset[str]:
        """The cloud ids the tokens reach."""
        if self.own_sites is not None:
            return self.own_sites
        return frozenset(self.grant.sites)


@dataclass(slots=True)
class RefreshToken:
    """A refresh token; once rotated it works on for the leeway."""

    family: Family
    rotated_at: float | None = None


@dataclass(slots=True)
class AccessToken:
    """An access token; it dies with the refresh token it came with."""

    companion: RefreshToken
    expires_at: float


@dataclass(frozen=True, slots=True)
class Consented:
    """What somebody agreed to on the consent page."""

    app: OAuthApp
    account_id: str
    scopes: frozenset[str]
    sites: frozenset[str]
    redirect_uri: str
    challenge: str = ""
    life: float = 300.0


class OAuth:
    """Issues and checks codes and tokens."""

    def __init__(
        self, apps: Iterable[OAuthApp], options: CloudOptions, clock: Clock
    ) -> None:
        self.apps = {app.client_id: app for app in apps}
        self.consent = options.consent
        self._options = options
        self._clock = clock
        self._grants: dict[tuple[str, str], Grant] = {}
        self._codes: dict[str, tuple[Consented, float]] = {}
        self._refresh: dict[str, RefreshToken] = {}
        self._access: dict[str, AccessToken] = {}

    def issue_code(self, consented: Consented) -> str:
        """Return a code that can be exchanged once."""
        code = secrets.token_urlsafe(CODE_BYTES)
        self._codes[code] = (consented, self._clock.now() + consented.life)
        return code

    def exchange(self, body: Mapping[str, str]) -> dict[str, object]:
        """Answer the token endpoint."""
        app = self.apps.get(body.get("client_id", ""))
        if app is None or not secrets.compare_digest(
            app.client_secret.encode(), body.get("client_secret", "").encode()
        ):
            raise OAuthRefusedError(401, "access_denied", "Unauthorized")
        kind = body.get("grant_type", "")
        if kind == "authorization_code":
            return self._by_code(app, body)
        if kind == "refresh_token":
            return self._by_refresh_token(app, body.get("refresh_token", ""))
        raise OAuthRefusedError(
            400, "unsupported_grant_type", f"Unsupported grant type: {kind}"
        )

    def bearer(self, token: str) -> Family | None:
        """Return the family of an access token that is still good."""
        access = self._access.get(token)
        if access is None or access.companion.family.is_dead:
            return None
        now, rotated = self._clock.now(), access.companion.rotated_at
        if now >= access.expires_at:
            return None
        if rotated is not None and now >= rotated + self._options.refresh_leeway:
            return None
        return access.companion.family

    def revoke(self, account_id: str = "") -> None:
        """Kill every token of an account, or of everybody."""
        for token in self._refresh.values():
            if account_id in {"", token.family.grant.account_id}:
                token.family.is_dead = True
        for key in [k for k in self._grants if account_id in {"", k[1]}]:
            del self._grants[key]

    def expire_access_tokens(self) -> None:
        """Let every access token run out now; refresh tokens stay good."""
        self._access.clear()

    def forget_site(self, cloud_id: str) -> None:
        """Take a site out of every grant, as if the app had been uninstalled."""
        for grant in self._grants.values():
            grant.sites.discard(cloud_id)
        for token in self._refresh.values():
            if token.family.own_sites is not None:
                token.family.own_sites -= {cloud_id}

    def _by_code(self, app: OAuthApp, body: Mapping[str, str]) -> dict[str, object]:
        consented, until = self._codes.pop(body.get("code", ""), (None, 0.0))
        if consented is None or consented.app != app or self._clock.now() >= until:
            raise OAuthRefusedError(403, "invalid_grant", "Invalid authorization code")
        if body.get("redirect_uri", "") != consented.redirect_uri:
            raise OAuthRefusedError(403, "invalid_grant", "The redirect URI is wrong.")
        if consented.challenge != _challenge_of(body, consented.challenge):
            raise OAuthRefusedError(
                403, "invalid_grant", "Failed to verify code verifier"
            )
        return self._new_pair(self._family(consented))

    def _family(self, consented: Consented) -> Family:
        key = (consented.app.client_id, consented.account_id)
        grant = self._grants.setdefault(key, Grant(consented.app, consented.account_id))
        grant.scopes = consented.scopes
        grant.sites |= consented.sites
        own = consented.sites if self._options.resource_level_consent else None
        return Family(grant, own, self._clock.now())

    def _by_refresh_token(self, app: OAuthApp, token: str) -> dict[str, object]:
        known, now = self._refresh.get(token), self._clock.now()
        if known is None or known.family.grant.app != app:
            raise _rotated_out()
        family = known.family
        if family.is_dead or now >= family.used_at + self._options.refresh_idle_life:
            raise OAuthRefusedError(
                403, "invalid_grant", "Unknown or invalid refresh token."
            )
        if known.rotated_at is None:
            known.rotated_at = now
        elif now >= known.rotated_at + self._options.refresh_leeway:
            family.is_dead = True
            raise _rotated_out()
        return self._new_pair(family)

    def _new_pair(self, family: Family) -> dict[str, object]:
        family.used_at = self._clock.now()
        refresh = RefreshToken(family)
        life = self._options.access_token_life
        answer: dict[str, object] = {
            "access_token": secrets.token_urlsafe(TOKEN_BYTES),
            "expires_in": int(life),
            "token_type": "Bearer",
            "scope": " ".join(sorted(family.grant.scopes)),
        }
        access = AccessToken(refresh, family.used_at + life)
        self._access[str(answer["access_token"])] = access
        if OFFLINE in family.grant.scopes:
            answer["refresh_token"] = secrets.token_urlsafe(TOKEN_BYTES)
            self._refresh[str(answer["refresh_token"])] = refresh
        return answer


def _rotated_out() -> OAuthRefusedError:
    return OAuthRefusedError(403, "unauthorized_client", "refresh_token is invalid")


def _challenge_of(body: Mapping[str, str], challenge: str) -> str:
    """Return the S256 challenge of the verifier sent, if one was called for."""
    if not challenge:
        return challenge
    digest = hashlib.sha256(body.get("code_verifier", "").encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
