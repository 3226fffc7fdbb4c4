"""The tables of push, as the migrations leave them."""

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text, UniqueConstraint

from connector.store.client_tables import clients
from connector.store.column_types import Blob, Moment, Number, Words
from connector.store.schema_metadata import metadata

webhooks = Table(
    "webhooks",
    metadata,
    Column("id", Words, primary_key=True),
    Column(
        "client_id", Words, ForeignKey(clients.c.id, ondelete="CASCADE"), nullable=False
    ),
    Column("url", Words, nullable=False),
    Column("wanted", Text, nullable=False),
    Column("form", Text, nullable=False),
    Column("wrapping", Words, nullable=False),
    Column("sealed", Blob, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("created_by", Words, nullable=False),
    Column("state", Words, nullable=False),
    Column("why", Words, nullable=False),
    Column("position", Number, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("failing_since", Moment),
    Column("rest_until", Moment),
    Column("served_at", Moment),
    Column("lease_owner", Words, nullable=False),
    Column("lease_until", Moment),
    Index("ix_webhooks_client_id", "client_id"),
)

webhook_deliveries = Table(
    "webhook_deliveries",
    metadata,
    Column("number", Number, primary_key=True),
    Column("id", Words, nullable=False, unique=True),
    Column(
        "webhook_id",
        Words,
        ForeignKey(webhooks.c.id, ondelete="CASCADE"),
        nullable=False,
    ),
    Column("event_id", Words, nullable=False),
    Column("type", Words, nullable=False),
    Column("site_id", Words, nullable=False),
    Column("seq", Number),
    Column("changed_at", Moment, nullable=False),
    Column("at", Moment, nullable=False),
    Column("next_at", Moment, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("state", Words, nullable=False),
    Column("status", Integer),
    Column("reason", Words, nullable=False),
    Column("tried_at", Moment),
    UniqueConstraint("webhook_id", "seq"),
    Index("ix_webhook_deliveries_due", "webhook_id", "state", "next_at"),
    Index("ix_webhook_deliveries_webhook_id_number", "webhook_id", "number"),
    Index("ix_webhook_deliveries_at", "at"),
    Index("ix_webhook_deliveries_site_id", "site_id"),
)
