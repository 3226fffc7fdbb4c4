"""Makes, shows and ends the clients of the export, and rotates their secrets."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from ipaddress import ip_network

from connector.domain.client import (
    LIVE_SECRETS,
    PREFIXES,
    Client,
    Credential,
    CredentialKind,
    Pull,
    RateLimit,
    Scope,
    hash_of_secret,
)
from connector.domain.errors import ConflictError, NotFoundError, UsageError
from connector.domain.store_ports import Begin, Stores
from connector.use_cases.manage_sites import site_named

LONGEST_NAME = 100
PULLS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class ClientOrder:
    """The client somebody wants; ``sites`` are cloud ids or URLs."""

    name: str
    sites: tuple[str, ...]
    scopes: frozenset[Scope] = frozenset({Scope.FINDINGS_READ})
    expires_in: timedelta | None = None
    addresses: tuple[str, ...] = ()
    limit: RateLimit = field(default_factory=RateLimit)
    created_by: str = ""


@dataclass(frozen=True, slots=True)
class Issued:
    """Fresh secrets of a client, which nobody can read a second time."""

    client: Client
    api_key: str = field(repr=False)
    oauth_secret: str = field(repr=False)
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ClientView:
    """A client with its credentials and its last pulls."""

    client: Client
    credentials: Sequence[Credential] = ()
    pulls: Sequence[Pull] = ()


@dataclass(frozen=True, slots=True)
class ManageClients:
    """The operator's view on the clients; they go by name or by id."""

    begin: Begin
    now: Callable[[], datetime]
    new_id: Callable[[], str]
    new_secret: Callable[[], str]

    def create(self, order: ClientOrder) -> Issued:
        """Make a client with one API key and one OAuth secret."""
        addresses = tuple(map(_network, order.addresses))
        _check_name(order.name)
        with self.begin() as stores:
            if stores.clients.named(order.name):
                raise ConflictError(
                    f"There is a client {order.name!r} already.",
                    "Choose another name, or run `casb clients rotate` for it.",
                )
            sites = {site_named(stores, site).site.cloud_id for site in order.sites}
            client = Client(
                self.new_id(),
                order.name,
                frozenset(sites),
                order.scopes,
                self.now(),
                order.created_by,
                limit=order.limit,
            )
            stores.clients.save(client)
            return self._issue(stores, client, order.expires_in, addresses)

    def all(self) -> Sequence[ClientView]:
        """Return every client with its credentials, by name."""
        with self.begin(write=False) as stores:
            return [
                ClientView(client, stores.clients.credentials(client.id))
                for client in stores.clients.all()
            ]

    def show(self, name: str) -> ClientView:
        """Return a client with its credentials and its last pulls."""
        with self.begin(write=False) as stores:
            client = _named(stores, name)
            return ClientView(
                client,
                stores.clients.credentials(client.id),
                stores.clients.pulls(client.id, PULLS_SHOWN),
            )

    def rotate(
        self, name: str, expires_in: timedelta | None = None, *, at_once: bool = False
    ) -> Issued:
        """Give a client fresh secrets; the ones before work until the next time.

        Addresses are taken over, and so is the life of the newest credential where
        none is given. ``at_once`` ends the older ones now.
        """
        with self.begin() as stores:
            client = _named(stores, name)
            older = stores.clients.credentials(client.id)
            newest = older[-1] if older else None
            if expires_in is None and newest and newest.expires_at:
                expires_in = newest.expires_at - newest.created_at
            addresses = newest.addresses if newest else ()
            kept = 0 if at_once else LIVE_SECRETS - 1
            self._end(stores, _surplus(older, self.now(), kept))
            return self._issue(stores, client, expires_in, addresses)

    def revoke(self, name: str, credential_id: str = "") -> Sequence[Credential]:
        """End a credential of a client or all of them, with their tokens; at once."""
        with self.begin() as stores:
            client = _named(stores, name)
            ended = [
                credential
                for credential in stores.clients.credentials(client.id)
                if credential.is_live(self.now())
                and credential_id in {"", credential.id, credential.shown}
            ]
            if credential_id and not ended:
                raise NotFoundError(
                    f"{client.name} has no live credential {credential_id!r}.",
                    f"Run `casb clients show {client.name}` to see them.",
                )
            return self._end(stores, ended)

    def delete(self, name: str) -> Client:
        """Forget a client; what it pulled stays on record."""
        with self.begin() as stores:
            client = _named(stores, name)
            for webhook in stores.webhooks.of_client(client.id):
                stores.alarms.end(webhook.alarm)
            stores.clients.delete(client.id)
            return client

    def _issue(
        self,
        stores: Stores,
        client: Client,
        expires_in: timedelta | None,
        addresses: tuple[str, ...],
    ) -> Issued:
        now = self.now()
        expires_at = None if expires_in is None else now + expires_in
        texts = {}
        for kind in CredentialKind:
            id_, secret = self.new_id(), self.new_secret()
            stores.clients.save_credential(
                Credential(
                    id_,
                    client.id,
                    kind,
                    hash_of_secret(secret),
                    now,
                    expires_at,
                    addresses=addresses,
                )
            )
            texts[kind] = f"{PREFIXES[kind]}_{id_}_{secret}"
        return Issued(
            client,
            texts[CredentialKind.API_KEY],
            texts[CredentialKind.OAUTH_SECRET],
            expires_at,
        )

    def _end(
        self, stores: Stores, credentials: Collection[Credential]
    ) -> Sequence[Credential]:
        ended = [replace(each, revoked_at=self.now()) for each in credentials]
        for credential in ended:
            stores.clients.save_credential(credential)
        stores.clients.revoke_tokens([each.id for each in ended], self.now())
        return ended


def _surplus(
    credentials: Sequence[Credential], now: datetime, kept: int
) -> list[Credential]:
    """Return the live credentials but for the newest few of each kind."""
    surplus: list[Credential] = []
    for kind in CredentialKind:
        live = [each for each in credentials if each.kind is kind and each.is_live(now)]
        surplus += live[: max(0, len(live) - kept)]
    return surplus


def _named(stores: Stores, name: str) -> Client:
    client = stores.clients.named(name.strip())
    if client is None:
        names = ", ".join(known.name for known in stores.clients.all())
        raise NotFoundError(
            f"There is no client {name!r}.",
            f"There are: {names}." if names else "Make one: `casb clients create`.",
        )
    return client


def _check_name(name: str) -> None:
    if not name.strip() or name != name.strip() or len(name) > LONGEST_NAME:
        raise UsageError(
            f"{name[:LONGEST_NAME]!r} cannot be the name of a client.",
            f"Give it 1 to {LONGEST_NAME} characters, with none blank at the ends.",
        )


def _network(text: str) -> str:
    try:
        return str(ip_network(text.strip(), strict=False))
    except ValueError:
        raise UsageError(
            f"{text!r} is no address.", "Write 192.0.2.7 or 192.0.2.0/24."
        ) from None
