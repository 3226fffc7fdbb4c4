"""The tables of the clients, as the migrations leave them."""

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text

from connector.store.column_types import Moment, Number, Words
from connector.store.schema_metadata import metadata


def _of_client() -> Column[str]:
    return Column(
        "client_id", Words, ForeignKey("clients.id", ondelete="CASCADE"), nullable=False
    )


clients = Table(
    "clients",
    metadata,
    Column("id", Words, primary_key=True),
    Column("name", Words, nullable=False, unique=True),
    Column("site_ids", Text, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("created_by", Words, nullable=False),
    Column("disabled_at", Moment),
    Column("requests", Integer, nullable=False),
    Column("per_seconds", Integer, nullable=False),
)

credentials = Table(
    "credentials",
    metadata,
    Column("id", Words, primary_key=True),
    _of_client(),
    Column("kind", Words, nullable=False),
    Column("secret_hash", Words, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment),
    Column("last_used_at", Moment),
    Column("revoked_at", Moment),
    Column("addresses", Text, nullable=False),
    Index("ix_credentials_client_id", "client_id"),
)

access_tokens = Table(
    "access_tokens",
    metadata,
    Column("token_hash", Words, primary_key=True),
    _of_client(),
    Column("credential_id", Words, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("issued_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("revoked_at", Moment),
    Index("ix_access_tokens_credential_id", "credential_id"),
    Index("ix_access_tokens_client_id", "client_id"),
    Index("ix_access_tokens_expires_at", "expires_at"),
)

rate_windows = Table(
    "rate_windows",
    metadata,
    Column("client_id", Words, primary_key=True),
    Column("began_at", Moment, nullable=False),
    Column("used", Integer, nullable=False),
)

pulls = Table(
    "pulls",
    metadata,
    Column("number", Number, primary_key=True),
    Column("client_id", Words, nullable=False),
    Column("endpoint", Words, nullable=False),
    Column("at", Moment, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("address", Words, nullable=False),
    Column("from_seq", Number),
    Column("to_seq", Number),
    Column("reached_at", Moment),
    Index("ix_pulls_client_id_number", "client_id", "number"),
    Index("ix_pulls_endpoint_client_id_number", "endpoint", "client_id", "number"),
    Index("ix_pulls_at", "at"),
)
