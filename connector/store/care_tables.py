"""The tables of the care for a deployment: log, alarms, jobs, sessions, privacy."""

from sqlalchemy import Column, Index, Integer, Table, Text

from connector.store.column_types import Blob, Moment, Number, Words
from connector.store.schema_metadata import metadata

installation_log = Table(
    "installation_log",
    metadata,
    Column("number", Number, primary_key=True),
    Column("id", Words, nullable=False, unique=True),
    Column("installation_id", Words, nullable=False),
    Column("site_id", Words, nullable=False),
    Column("at", Moment, nullable=False),
    Column("kind", Words, nullable=False),
    Column("detail", Text, nullable=False),
    Index("ix_installation_log_site_id_number", "site_id", "number"),
)

alarms = Table(
    "alarms",
    metadata,
    Column("key", Words, primary_key=True),
    Column("message", Words, nullable=False),
    Column("remedy", Words, nullable=False),
    Column("raised_at", Moment, nullable=False),
    Column("site_id", Words, nullable=False),
    Column("seen_at", Moment, nullable=False),
)

jobs = Table(
    "jobs",
    metadata,
    Column("name", Words, primary_key=True),
    Column("due_at", Moment, nullable=False),
    Column("owner", Words, nullable=False),
    Column("lease_until", Moment),
    Column("started_at", Moment),
    Column("ended_at", Moment),
    Column("runs", Integer, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("error", Words, nullable=False),
)

web_sessions = Table(
    "web_sessions",
    metadata,
    Column("id", Words, primary_key=True),
    Column("sealed", Blob, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Index("ix_web_sessions_expires_at", "expires_at"),
)

admins = Table(
    "admins",
    metadata,
    Column("name", Words, primary_key=True),
    Column("password_hash", Words, nullable=False),
    Column("created_at", Moment, nullable=False),
)

sign_in_failures = Table(
    "sign_in_failures",
    metadata,
    Column("number", Number, primary_key=True),
    Column("key", Words, nullable=False),
    Column("at", Moment, nullable=False),
    Index("ix_sign_in_failures_key_at", "key", "at"),
)

account_reports = Table(
    "account_reports",
    metadata,
    Column("account_id", Words, primary_key=True),
    Column("reported_at", Moment),
    Column("report_again_at", Moment),
    Column("erased_at", Moment),
    Index("ix_account_reports_erased_at", "erased_at"),
)
