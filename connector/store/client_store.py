"""Keeps the clients of the export, their credentials, tokens and pulls."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    Connection,
    Executable,
    Row,
    RowMapping,
    bindparam,
    case,
    delete,
    func,
    or_,
    select,
    update,
)

from connector.domain.client import (
    AccessToken,
    Allowance,
    Client,
    Credential,
    CredentialKind,
    Held,
    Pull,
    RateLimit,
    Scope,
)
from connector.store.client_tables import (
    access_tokens,
    clients,
    credentials,
    pulls,
    rate_windows,
)
from connector.store.column_types import Moment
from connector.store.json_values import dump_value, load_value
from connector.store.prepared import Prepared
from connector.store.upsert import insert_for, upsert

CREDENTIAL = select(credentials).where(credentials.c.id == bindparam("id"))
USED = (rate_windows.c.began_at, rate_windows.c.used)
HELD = Prepared(
    lambda _: (
        CREDENTIAL.join_from(credentials, clients)
        .outerjoin(rate_windows, rate_windows.c.client_id == clients.c.id)
        .add_columns(*clients.c, *USED)
    )
)
TOKEN = Prepared(
    lambda _: select(access_tokens).where(
        access_tokens.c.token_hash == bindparam("hash")
    )
)
OF_PULL = [each.name for each in fields(Pull)]
PULLED = Prepared(lambda _: pulls.insert().inline(), OF_PULL)


class SqlClientStore:
    """The clients with all that belongs to them; secrets are kept as hashes."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def save(self, client: Client) -> None:
        """Insert or replace a client."""
        row = {
            "id": client.id,
            "name": client.name,
            "site_ids": dump_value(client.site_ids),
            "scopes": dump_value(client.scopes),
            "created_at": client.created_at,
            "created_by": client.created_by,
            "disabled_at": client.disabled_at,
            "requests": client.limit.requests,
            "per_seconds": int(client.limit.per.total_seconds()),
        }
        upsert(self._connection, clients, [row], key=["id"])

    def get(self, client_id: str) -> Client | None:
        """Return a client."""
        wanted = select(clients).where(clients.c.id == client_id)
        row = self._connection.execute(wanted).mappings().one_or_none()
        return None if row is None else _client(row)

    def named(self, name: str) -> Client | None:
        """Return the client of an id or a name."""
        wanted = select(clients).where(
            or_(clients.c.id == name, clients.c.name == name)
        )
        row = self._connection.execute(wanted).mappings().first()
        return None if row is None else _client(row)

    def all(self) -> Sequence[Client]:
        """Return every client, by name."""
        wanted = select(clients).order_by(clients.c.name)
        return [_client(row) for row in self._connection.execute(wanted).mappings()]

    def delete(self, client_id: str) -> None:
        """Forget a client and its credentials; what it pulled stays on record."""
        self._connection.execute(delete(clients).where(clients.c.id == client_id))
        of_client = rate_windows.c.client_id == client_id
        self._connection.execute(delete(rate_windows).where(of_client))

    def save_credential(self, credential: Credential) -> None:
        """Insert or replace a credential."""
        row = asdict(credential) | {
            "kind": credential.kind.value,
            "addresses": dump_value(credential.addresses),
        }
        upsert(self._connection, credentials, [row], key=["id"])

    def credential(self, credential_id: str) -> Credential | None:
        """Return a credential."""
        found = self._connection.execute(CREDENTIAL, {"id": credential_id})
        row = found.mappings().one_or_none()
        return None if row is None else _credential(row)

    def held(self, credential_id: str) -> Held | None:
        """Return a credential and the client that holds it."""
        row = HELD.row(self._connection, {"id": credential_id})
        if row is None:
            return None
        credential = dict(zip(credentials.c.keys(), row, strict=False))
        begin, end = len(credentials.c), -len(USED)
        client = _client(dict(zip(clients.c.keys(), row[begin:end], strict=True)))
        began_at, used = row[end:]
        left = (
            Allowance(client.limit, used, began_at + client.limit.per) if used else None
        )
        return Held(_credential(credential), client, left)

    def credentials(self, client_id: str) -> Sequence[Credential]:
        """Return the credentials of a client, the oldest first."""
        table = credentials
        wanted = select(table).where(table.c.client_id == client_id)
        ordered = wanted.order_by(table.c.created_at, table.c.id)
        return [
            _credential(row) for row in self._connection.execute(ordered).mappings()
        ]

    def touch(self, credential_id: str, at: datetime) -> None:
        """Remember when a credential was last used."""
        used = credentials.c.id == credential_id
        self._connection.execute(
            update(credentials).where(used).values(last_used_at=at)
        )

    def save_token(self, token: AccessToken) -> None:
        """Insert or replace a token."""
        row = asdict(token) | {"scopes": dump_value(token.scopes)}
        upsert(self._connection, access_tokens, [row], key=["token_hash"])

    def token(self, token_hash: str) -> AccessToken | None:
        """Return the token of a hash."""
        row = TOKEN.row(self._connection, {"hash": token_hash})
        if row is None:
            return None
        return AccessToken(**row._asdict() | {"scopes": _scopes(row.scopes)})

    def revoke_tokens(self, credential_ids: Collection[str], at: datetime) -> None:
        """End the tokens that were given for some credentials."""
        table = access_tokens
        live = table.c.credential_id.in_(credential_ids), table.c.revoked_at.is_(None)
        self._connection.execute(update(table).where(*live).values(revoked_at=at))

    def count_request(
        self, client_id: str, limit: RateLimit, now: datetime
    ) -> Allowance:
        """Count a request in one statement, so that no two processes count alike."""
        values = {
            "client_id": client_id,
            "began_at": now,
            "used": 1,
            "over": now - limit.per,
        }
        began_at, used = COUNTING.row(self._connection, values)
        return Allowance(limit, used, began_at + limit.per)

    def record(self, pulled: Iterable[Pull]) -> None:
        """Write down that rows were handed out."""
        for pull in pulled:
            PULLED.run(
                self._connection, {name: getattr(pull, name) for name in OF_PULL}
            )

    def pulls(self, client_id: str, limit: int = 100) -> Sequence[Pull]:
        """Return what a client pulled, the latest first."""
        wanted = select(pulls).where(pulls.c.client_id == client_id)
        ordered = wanted.order_by(pulls.c.number.desc()).limit(limit)
        return [_pull(row) for row in self._connection.execute(ordered)]

    def last_pulls(self, endpoint: str) -> Mapping[str, Pull]:
        """Return the last pull of each client at an endpoint, by client."""
        last = (
            select(func.max(pulls.c.number))
            .where(pulls.c.endpoint == endpoint, pulls.c.client_id == clients.c.id)
            .scalar_subquery()
        )
        wanted = select(pulls).where(
            pulls.c.number.in_(select(last).select_from(clients))
        )
        return {row.client_id: _pull(row) for row in self._connection.execute(wanted)}

    def forget(self, tokens_before: datetime, pulls_before: datetime) -> None:
        """Drop tokens that expired and pulls that are older than this."""
        expired = access_tokens.c.expires_at < tokens_before
        self._connection.execute(delete(access_tokens).where(expired))
        self._connection.execute(delete(pulls).where(pulls.c.at < pulls_before))


def _counting(dialect: str) -> Executable:
    """Return what counts a request in one statement, and tells what it counted."""
    table = rate_windows
    fresh = table.c.began_at <= bindparam("over", None, Moment)
    insert = insert_for(dialect, table)
    again = insert.excluded
    return insert.on_conflict_do_update(
        index_elements=["client_id"],
        set_={
            "began_at": case((fresh, again.began_at), else_=table.c.began_at),
            "used": case((fresh, again.used), else_=table.c.used + 1),
        },
    ).returning(table.c.began_at, table.c.used)


COUNTING = Prepared(_counting, ["client_id", "began_at", "used"])


def _client(row: RowMapping | dict[str, Any]) -> Client:
    return Client(
        row["id"],
        row["name"],
        frozenset(load_value(row["site_ids"], list[str])),
        _scopes(row["scopes"]),
        row["created_at"],
        row["created_by"],
        row["disabled_at"],
        RateLimit(row["requests"], timedelta(seconds=row["per_seconds"])),
    )


def _credential(row: RowMapping | dict[str, Any]) -> Credential:
    return Credential(
        **dict(row)
        | {
            "kind": CredentialKind(row["kind"]),
            "addresses": tuple(load_value(row["addresses"], list[str])),
        }
    )


def _pull(row: Row[Any]) -> Pull:
    return Pull(
        row.client_id,
        row.endpoint,
        row.at,
        row.rows,
        row.address,
        row.from_seq,
        row.to_seq,
        row.reached_at,
    )


def _scopes(text: str) -> frozenset[Scope]:
    return frozenset(map(Scope, load_value(text, list[str])))
