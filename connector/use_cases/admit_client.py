"""Finds out which client a request comes from, and gives it tokens."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from connector.domain.client import (
    TOKEN_LIFE,
    TOKEN_PREFIX,
    AccessToken,
    Allowance,
    Consumer,
    CredentialKind,
    Held,
    Pull,
    Scope,
    hash_of_secret,
    split_secret,
)
from connector.domain.export_errors import (
    RateLimitedError,
    TooManyFailuresError,
    UnauthorizedError,
)
from connector.domain.store_ports import Begin, Stores
from connector.use_cases.failed_attempts import FailedAttempts

USE_IS_NOTED_EVERY = timedelta(minutes=1)
WRONG = "The credential is unknown, expired or revoked, or not for this address."
"""Said whatever is wrong, so that a thief of a credential learns nothing."""


@dataclass(frozen=True, slots=True)
class AdmitClient:
    """Checks credentials; every request asks the store, so that an end is an end.

    Whose credential does not work is told so, until there are too many failures from
    its address: then it has to wait.
    """

    begin: Begin
    now: Callable[[], datetime]
    new_secret: Callable[[], str]
    failures: FailedAttempts = field(default_factory=FailedAttempts)

    def __call__(self, presented: str, address: str) -> Consumer:
        """Return who presents an API key or an access token."""
        with self.begin(write=False) as stores:
            if presented.startswith(f"{TOKEN_PREFIX}_"):
                consumer = self._by_token(stores, presented, address)
            else:
                kind = CredentialKind.API_KEY
                consumer = self._by_secret(stores, presented, kind, address)
        if consumer is None:
            self._count_failure(address)
            raise UnauthorizedError(WRONG)
        return consumer

    def may_ask(self, consumer: Consumer) -> bool:
        """Return whether a client seems to have requests left: `count` knows."""
        return consumer.counted is None or not consumer.counted.is_spent(self.now())

    def count(self, consumer: Consumer, pull: Pull | None = None) -> Allowance:
        """Count a request of a client against its rate limit.

        If it is not one too many, what it was given is written down with it.
        """
        client, now = consumer.client, self.now()
        with self.begin() as stores:
            allowance = stores.clients.count_request(client.id, client.limit, now)
            if pull and not allowance.is_exceeded:
                stores.clients.record([pull])
            if _is_news(consumer.noted_at, now):
                stores.clients.touch(consumer.credential_id, now)
        if allowance.is_exceeded:
            raise RateLimitedError(allowance)
        return allowance

    def by_secret(self, client_id: str, secret: str, address: str) -> Consumer | None:
        """Return the client of an OAuth client id and its secret."""
        kind = CredentialKind.OAUTH_SECRET
        with self.begin(write=False) as stores:
            consumer = self._by_secret(stores, secret, kind, address)
        if consumer is None or consumer.client.id != client_id:
            self._count_failure(address)
            return None
        return consumer

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

    def _count_failure(self, address: str) -> None:
        allowance = self.failures.count(address, self.now())
        if allowance.is_exceeded:
            raise TooManyFailuresError(allowance)

    def _by_secret(
        self, stores: Stores, presented: str, kind: CredentialKind, address: str
    ) -> Consumer | None:
        id_, secret = split_secret(presented)
        held = stores.clients.held(id_)
        if held is None or not held.credential.is_proved_by(secret):
            return None
        if held.credential.kind is not kind:
            return None
        return self._consumer(held, address)

    def _by_token(
        self, stores: Stores, presented: str, address: str
    ) -> Consumer | None:
        token = stores.clients.token(hash_of_secret(presented))
        if token is None or not token.is_live(self.now()):
            return None
        held = stores.clients.held(token.credential_id)
        consumer = held and self._consumer(held, address)
        if not consumer:
            return None
        return replace(consumer, scopes=token.scopes & consumer.scopes)

    def _consumer(self, held: Held, address: str) -> Consumer | None:
        credential, client = held.credential, held.client
        if not credential.is_live(self.now()) or not credential.admits(address):
            return None
        if client.disabled_at:
            return None
        return Consumer(
            client, client.scopes, credential.id, credential.last_used_at, held.counted
        )


def _is_news(noted_at: datetime | None, now: datetime) -> bool:
    return noted_at is None or now - noted_at >= USE_IS_NOTED_EVERY
