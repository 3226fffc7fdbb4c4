"""An attempt to get a site's consent, from the one-time link to the tokens."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol
from urllib.parse import urlsplit

from casb_sdk import Site
from connector.domain.errors import (
    AtlassianError,
    CasbError,
    ConsentError,
    SettingError,
)
from connector.domain.installation import TokenPair

LIFE = timedelta(hours=1)
OFFLINE_ACCESS = "offline_access"
READ_ME = "read:me"
CONFLUENCE = ":confluence"
CLASSIC_PREFIX = "read:confluence-"


class ConsentStatus(StrEnum):
    """How far an attempt has come."""

    ISSUED = "issued"
    STARTED = "started"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Consent:
    """An attempt: who asked, for which site, and how it ended.

    Only the hash of its ticket is kept. ``wanted`` is a site's URL or cloud id,
    empty where the person chooses. The tokens it brings stand in the vault under
    its id, which becomes the grant of the installation.
    """

    id: str
    ticket_hash: str
    asked_at: datetime
    asked_by: str = ""
    wanted: str = ""
    profile: str = "current"
    status: ConsentStatus = ConsentStatus.ISSUED
    site_id: str = ""
    error: str = ""
    remedy: str = ""
    exit_code: int = 0

    @property
    def failure(self) -> CasbError:
        """What the attempt failed with, to be raised again elsewhere."""
        kinds = (SettingError, ConsentError, AtlassianError)
        kind = next((k for k in kinds if k.exit_code == self.exit_code), CasbError)
        return kind(self.error, self.remedy)

    @property
    def expires_at(self) -> datetime:
        """When the attempt is over, whatever has come of it."""
        return self.asked_at + LIFE


@dataclass(frozen=True, slots=True)
class GrantedSite:
    """A site that a token reaches, with the scopes granted there."""

    site: Site
    scopes: frozenset[str]

    @property
    def has_confluence(self) -> bool:
        """Return whether Confluence itself was granted, not only Jira, say."""
        return any(is_confluence_scope(scope) for scope in self.scopes)

    def is_called(self, name: str) -> bool:
        """Return whether a person means this site by a name."""
        return name == self.site.cloud_id or plain_url(name) == plain_url(self.site.url)


class ConsentStore(Protocol):
    """The attempts of the last hour or so."""

    def save(self, consent: Consent) -> None:
        """Insert or replace an attempt."""
        ...

    def get(self, consent_id: str) -> Consent | None:
        """Return an attempt."""
        ...

    def start(self, ticket_hash: str, now: datetime) -> Consent | None:
        """Use up a ticket: the attempt that was issued with it, once."""
        ...

    def fail(self, consent: Consent) -> bool:
        """Keep how an attempt failed, unless it is done; returns whether it is not."""
        ...

    def forget(self, asked_before: datetime) -> Sequence[str]:
        """Drop old attempts; returns the ids of those that came to nothing."""
        ...


class AtlassianSites(Protocol):
    """Asks Atlassian what a fresh token is good for."""

    def granted(self, access_token: str) -> Sequence[GrantedSite]:
        """Return the sites a token reaches, each once."""
        ...

    def account_id(self, access_token: str, cloud_id: str) -> str:
        """Return whose token it is, by one real call to the site.

        Raises RefusedError where Atlassian does not let the token in there.
        """
        ...

    def own_account_id(self, access_token: str) -> str:
        """Return whose token it is, by Atlassian's word; needs ``read:me``."""
        ...


class ConsentPage(Protocol):
    """Sends the browser at hand to Atlassian and understands what it brings back."""

    def address(self, redirect_uri: str, consent_id: str) -> str:
        """Return where the browser goes; remembers the attempt in its session."""
        ...

    def attempt(self, state: str) -> str:
        """Return the attempt that this browser started under a state, or nothing."""
        ...

    def forget(self, state: str) -> None:
        """Let a state be used up."""
        ...

    def redeem(self) -> TokenPair:
        """Exchange the code that the browser brought for tokens."""
        ...


class TokenExchange(Protocol):
    """Exchanges a refresh token for a new pair, as one OAuth app."""

    @property
    def client_id(self) -> str:
        """Who we are to Atlassian; what another app was given is not ours to use."""
        ...

    def refresh(self, pair: TokenPair) -> TokenPair:
        """Return the next pair; the old refresh token is used up by it."""
        ...


def hash_of(ticket: str) -> str:
    """Return what is kept of a ticket."""
    return hashlib.sha256(b"consent-ticket:" + ticket.encode()).hexdigest()


def is_confluence_scope(scope: str) -> bool:
    """Return whether a scope opens Confluence rather than the account."""
    return scope.endswith(CONFLUENCE) or scope.startswith(CLASSIC_PREFIX)


def plain_url(url: str) -> str:
    """Return a site's URL as people compare it: host alone, in small letters."""
    address = url.strip().lower()
    try:
        return urlsplit(address if "//" in address else f"//{address}").netloc
    except ValueError:  # what is no address is no site's either
        return address
