"""The consumers of the export: clients, their credentials, tokens and pulls.

Every secret is 256 bits of randomness, so nobody can try them out, and a plain
SHA-256 is kept of it: the slow hashes that passwords need would cost each pull
time and protect nothing more.
"""

import hashlib
import hmac
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Protocol

TOKEN_PREFIX = "casbt"  # noqa: S105 - what a token begins with, not one
TOKEN_LIFE = timedelta(hours=1)
LIVE_SECRETS = 2
"""How many credentials of a kind work at once: the new one and the one before."""


class Scope(StrEnum):
    """What a client may do."""

    FINDINGS_READ = "findings:read"
    FINDINGS_EVIDENCE = "findings:evidence"
    SITES_READ = "sites:read"
    WEBHOOKS_WRITE = "webhooks:write"
    EXPORT_ADMIN = "export:admin"


class CredentialKind(StrEnum):
    """How a client proves who it is."""

    API_KEY = "api_key"
    OAUTH_SECRET = "oauth_secret"  # noqa: S105 - a kind, not a secret


PREFIXES = {
    CredentialKind.API_KEY: "casb",
    CredentialKind.OAUTH_SECRET: "casbs",
}


@dataclass(frozen=True, slots=True)
class RateLimit:
    """How many requests a client may make in a stretch of time."""

    requests: int = 600
    per: timedelta = timedelta(minutes=1)


DEFAULT_LIMIT = RateLimit()


@dataclass(frozen=True, slots=True)
class Client:
    """A consumer of the export; it sees its sites and nothing else."""

    id: str
    name: str
    site_ids: frozenset[str]
    scopes: frozenset[Scope]
    created_at: datetime
    created_by: str = ""
    disabled_at: datetime | None = None
    limit: RateLimit = DEFAULT_LIMIT


@dataclass(frozen=True, slots=True)
class Credential:
    """An API key or a secret of a client; only a hash of it is kept."""

    id: str
    client_id: str
    kind: CredentialKind
    secret_hash: str = field(repr=False)
    created_at: datetime
    expires_at: datetime | None = None
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None
    addresses: tuple[str, ...] = ()

    @property
    def shown(self) -> str:
        """The part that may be shown: the secret follows it."""
        return f"{PREFIXES[self.kind]}_{self.id}_"

    def is_live(self, now: datetime) -> bool:
        """Return whether the credential works at a time."""
        if self.revoked_at is not None:
            return False
        return self.expires_at is None or now < self.expires_at

    def is_proved_by(self, secret: str) -> bool:
        """Return whether this is the secret, in a time that tells nothing of it."""
        return hmac.compare_digest(self.secret_hash, hash_of_secret(secret))

    def admits(self, address: str) -> bool:
        """Return whether the credential may be used from an address."""
        if not self.addresses:
            return True
        try:
            caller = ip_address(address)
        except ValueError:
            return False
        if isinstance(caller, IPv6Address) and caller.ipv4_mapped:
            caller = caller.ipv4_mapped
        return any(caller in ip_network(network) for network in self.addresses)


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A token that a client got for its secret; it means nothing but to us."""

    token_hash: str = field(repr=False)
    client_id: str
    credential_id: str
    scopes: frozenset[Scope]
    issued_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None

    def is_live(self, now: datetime) -> bool:
        """Return whether the token works at a time."""
        return self.revoked_at is None and now < self.expires_at


@dataclass(frozen=True, slots=True)
class Consumer:
    """A client that proved who it is, and what it may do with this proof.

    ``noted_at`` is when the credential was last noted as used, ``counted`` the last
    request of the client before this one.
    """

    client: Client
    scopes: frozenset[Scope]
    credential_id: str
    noted_at: datetime | None = None
    counted: "Allowance | None" = None

    def may(self, scope: Scope) -> bool:
        """Return whether the consumer has a scope."""
        return scope in self.scopes

    def sees(self, site_id: str) -> bool:
        """Return whether a site is one of the consumer's."""
        return site_id in self.client.site_ids


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left of a rate limit, and when it is whole again."""

    limit: RateLimit
    used: int
    resets_at: datetime

    @property
    def is_exceeded(self) -> bool:
        """Return whether this request is one too many."""
        return self.used > self.limit.requests

    @property
    def remaining(self) -> int:
        """How many requests may follow before the limit is whole again."""
        return max(0, self.limit.requests - self.used)

    def is_spent(self, now: datetime) -> bool:
        """Return whether a request more would be one too many."""
        return self.remaining == 0 and now < self.resets_at


@dataclass(frozen=True, slots=True)
class Held:
    """A credential, the client that holds it, and the client's last request if any."""

    credential: Credential
    client: Client
    counted: Allowance | None = None


@dataclass(frozen=True, slots=True)
class Pull:
    """That a client was given rows: which, how many, when and where to.

    All changes until ``reached_at`` were handed out by then.
    """

    client_id: str
    endpoint: str
    at: datetime
    rows: int
    address: str = ""
    from_seq: int | None = None
    to_seq: int | None = None
    reached_at: datetime | None = None


class ClientStore(Protocol):
    """The clients with all that belongs to them."""

    def save(self, client: Client) -> None:
        """Insert or replace a client."""
        ...

    def get(self, client_id: str) -> Client | None:
        """Return a client."""
        ...

    def named(self, name: str) -> Client | None:
        """Return the client of an id or a name."""
        ...

    def all(self) -> Sequence[Client]:
        """Return every client, by name."""
        ...

    def delete(self, client_id: str) -> None:
        """Forget a client and its credentials; what it pulled stays on record."""
        ...

    def save_credential(self, credential: Credential) -> None:
        """Insert or replace a credential."""
        ...

    def credential(self, credential_id: str) -> Credential | None:
        """Return a credential."""
        ...

    def held(self, credential_id: str) -> Held | None:
        """Return a credential and the client that holds it."""
        ...

    def credentials(self, client_id: str) -> Sequence[Credential]:
        """Return the credentials of a client, the oldest first."""
        ...

    def touch(self, credential_id: str, at: datetime) -> None:
        """Remember when a credential was last used."""
        ...

    def save_token(self, token: AccessToken) -> None:
        """Insert or replace a token."""
        ...

    def token(self, token_hash: str) -> AccessToken | None:
        """Return the token of a hash."""
        ...

    def revoke_tokens(self, credential_ids: Collection[str], at: datetime) -> None:
        """End the tokens that were given for some credentials."""
        ...

    def count_request(
        self, client_id: str, limit: RateLimit, now: datetime
    ) -> Allowance:
        """Count a request, exactly, however many processes count at once."""
        ...

    def record(self, pulls: Iterable[Pull]) -> None:
        """Write down that rows were handed out."""
        ...

    def pulls(self, client_id: str, limit: int = 100) -> Sequence[Pull]:
        """Return what a client pulled, the latest first."""
        ...

    def last_pulls(self, endpoint: str) -> Mapping[str, Pull]:
        """Return the last pull of each client at an endpoint, by client."""
        ...

    def forget(self, tokens_before: datetime, pulls_before: datetime) -> None:
        """Drop tokens that expired and pulls that are older than this."""
        ...


def hash_of_secret(secret: str) -> str:
    """Return what is kept of a secret."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def split_secret(text: str) -> tuple[str, str]:
    """Return the id and the secret of ``prefix_id_secret``; empty where it is none."""
    prefix, _, rest = text.partition("_")
    id_, _, secret = rest.partition("_")
    if prefix not in PREFIXES.values() or not secret:
        return "", ""
    return id_, secret
