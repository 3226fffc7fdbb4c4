"""Finds out which client a request comes from, and gives it tokens."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from connector.domain.client import (
    TOKEN_LIFE,
    TOKEN_PREFIX,
    AccessToken,
    Allowance,
    Client,
    Consumer,
    Credential,
    CredentialKind,
    Scope,
    hash_of_secret,
    split_secret,
)
from connector.domain.export_errors import RateLimitedError, UnauthorizedError
from connector.domain.store_ports import Begin, Stores

USE_IS_NOTED_EVERY = timedelta(minutes=1)
WRONG = "The credential is unknown, expired or revoked, or not for this address."
"""Said whatever is wrong, so that a thief of a credential learns nothing."""


@dataclass(frozen=True, slots=True)
class AdmitClient:
    """Checks credentials; every request asks the store, so that an end is an end."""

    begin: Begin
    now: Callable[[], datetime]
    new_secret: Callable[[], str]

    def __call__(self, presented: str, address: str) -> Consumer:
        """Return who presents an API key or an access token."""
        with self.begin(write=False) as stores:
            if presented.startswith(f"{TOKEN_PREFIX}_"):
                consumer = self._by_token(stores, presented, address)
            else:
                kind = CredentialKind.API_KEY
                consumer = self._by_secret(stores, presented, kind, address)
        if consumer is None:
            raise UnauthorizedError(WRONG)
        return consumer

    def count(self, consumer: Consumer) -> Allowance:
        """Count a request of a client against its rate limit."""
        client, now = consumer.client, self.now()
        with self.begin() as stores:
            allowance = stores.clients.count_request(client.id, client.limit, now)
            used = stores.clients.credential(consumer.credential_id)
            if used and _is_news(used, now):
                stores.clients.touch(used.id, now)
        if allowance.is_exceeded:
            raise RateLimitedError(allowance)
        return allowance

    def by_secret(self, client_id: str, secret: str, address: str) -> Consumer | None:
        """Return the client of an OAuth client id and its secret."""
        kind = CredentialKind.OAUTH_SECRET
        with self.begin(write=False) as stores:
            consumer = self._by_secret(stores, secret, kind, address)
        is_theirs = consumer is not None and consumer.client.id == client_id
        return consumer if is_theirs else None

    def new_token(self) -> str:
        """Return the text of a fresh access token."""
        return f"{TOKEN_PREFIX}_{self.new_secret()}"

    def keep_token(
        self, text: str, consumer: Consumer, scopes: Collection[Scope]
    ) -> AccessToken:
        """Keep a token that was given to a client, for an hour at most.

        Asking for one counts against the client's rate limit, like any request.
        """
        self.count(consumer)
        now = self.now()
        with self.begin() as stores:
            credential = stores.clients.credential(consumer.credential_id)
            ends = credential.expires_at if credential else now
            token = AccessToken(
                hash_of_secret(text),
                consumer.client.id,
                consumer.credential_id,
                frozenset(scopes),
                now,
                min(now + TOKEN_LIFE, ends or now + TOKEN_LIFE),
            )
            stores.clients.save_token(token)
        return token

    def token(self, text: str) -> AccessToken | None:
        """Return a token by its text."""
        with self.begin(write=False) as stores:
            return stores.clients.token(hash_of_secret(text))

    def revoke_token(self, token: AccessToken) -> None:
        """End a token."""
        with self.begin() as stores:
            stores.clients.save_token(replace(token, revoked_at=self.now()))

    def _by_secret(
        self, stores: Stores, presented: str, kind: CredentialKind, address: str
    ) -> Consumer | None:
        id_, secret = split_secret(presented)
        credential = stores.clients.credential(id_)
        if credential is None or not credential.is_proved_by(secret):
            return None
        if credential.kind is not kind:
            return None
        client = self._client(stores, credential, address)
        if client is None:
            return None
        return Consumer(client, client.scopes, credential.id)

    def _by_token(
        self, stores: Stores, presented: str, address: str
    ) -> Consumer | None:
        token = stores.clients.token(hash_of_secret(presented))
        if token is None or not token.is_live(self.now()):
            return None
        credential = stores.clients.credential(token.credential_id)
        client = credential and self._client(stores, credential, address)
        if not client:
            return None
        return Consumer(client, token.scopes & client.scopes, token.credential_id)

    def _client(
        self, stores: Stores, credential: Credential, address: str
    ) -> Client | None:
        if not credential.is_live(self.now()) or not credential.admits(address):
            return None
        client = stores.clients.get(credential.client_id)
        return None if client is None or client.disabled_at else client


def _is_news(credential: Credential, now: datetime) -> bool:
    last = credential.last_used_at
    return last is None or now - last >= USE_IS_NOTED_EVERY
