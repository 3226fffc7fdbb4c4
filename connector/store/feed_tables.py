"""The tables of the feed of changes, and of what people decided about findings."""

from sqlalchemy import (
    Boolean,
    Column,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    false,
    text,
)

from connector.store.column_types import Blob, Moment, Number, Words
from connector.store.schema_metadata import metadata

changes = Table(
    "changes",
    metadata,
    Column("seq", Number, primary_key=True, autoincrement=False),
    Column("changed_at", Moment, nullable=False),
    Column("site_id", Words, nullable=False),
    Column("finding_id", Blob, nullable=False),
    Column("detector_id", Words, nullable=False),
    Column("resource_type", Words, nullable=False),
    Column("change_type", Words, nullable=False),
    Column("severity", SmallInteger, nullable=False),
    Column("status", Words, nullable=False),
    Column("severity_before", SmallInteger),
    Column("status_before", Words),
    Column("is_implied", Boolean(create_constraint=False), nullable=False),
    Column(
        "implied_before",
        Boolean(create_constraint=False),
        nullable=False,
        server_default=false(),
    ),
    Column("draft", Blob),
    Column("kept", Blob),
    Column("body", Blob),
    Index("ix_changes_site_id_seq", "site_id", "seq"),
    Index(
        "ix_changes_unrendered",
        "seq",
        sqlite_where=text("body IS NULL"),
        postgresql_where=text("body IS NULL"),
    ),
    Index("ix_changes_changed_at", "changed_at"),
    Index("ix_changes_finding_id_seq", "finding_id", "seq"),
)

feed_state = Table(
    "feed_state",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("epoch", Words, nullable=False),
    Column("last_seq", Number, nullable=False),
    Column("last_changed_at", Moment),
    Column("compacted_to", Number, nullable=False),
    Column("compacted_at", Moment),
)

suppressions = Table(
    "suppressions",
    metadata,
    Column("id", Words, primary_key=True),
    Column("site_id", Words, nullable=False),
    Column("scope", Words, nullable=False),
    Column("target", Words, nullable=False),
    Column("space_id", Words, nullable=False),
    Column("reason", Words, nullable=False),
    Column("by", Words, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("until", Moment),
    Column("level", Words, nullable=False),
    Column("principals", Text, nullable=False),
    Index("ix_suppressions_site_id", "site_id"),
)

finding_notes = Table(
    "finding_notes",
    metadata,
    Column("number", Number, primary_key=True),
    Column("finding_id", Blob, nullable=False),
    Column("at", Moment, nullable=False),
    Column("by", Words, nullable=False),
    Column("words", Words, nullable=False),
    Index("ix_finding_notes_finding_id", "finding_id"),
)
