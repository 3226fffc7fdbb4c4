"""The tables, as the migrations leave them."""

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from connector.store.care_tables import (
    account_reports,
    admins,
    alarms,
    installation_log,
    jobs,
    web_sessions,
)
from connector.store.column_types import Blob, Moment, Number, Words
from connector.store.points_tables import point_accounts
from connector.store.schema_metadata import metadata

__all__ = [
    "account_reports",
    "admins",
    "alarms",
    "installation_log",
    "jobs",
    "metadata",
    "point_accounts",
    "web_sessions",
]


def _of_scan() -> Column[str]:
    return Column(
        "scan_id", Words, ForeignKey("scans.id", ondelete="CASCADE"), nullable=False
    )


installations = Table(
    "installations",
    metadata,
    Column("id", Words, primary_key=True),
    Column("site_id", Words, nullable=False),
    Column("site_url", Words, nullable=False),
    Column("site_name", Words, nullable=False),
    Column("site_address", Words, nullable=False),
    Column("grant_id", Words, nullable=False),
    Column("state", Words, nullable=False),
    Column("is_live", Boolean(create_constraint=False), nullable=False),
    Column("scopes", Words, nullable=False),
    Column("profile", Words, nullable=False),
    Column("settings", Text, nullable=False),
    Column("installed_at", Moment),
    Column("installing_account", Words, nullable=False),
    Column("note", Words, nullable=False),
    Column("learnt", Words, nullable=False),
    Column("learnt_at", Moment),
    Column("reason", Words, nullable=False, server_default=""),
    Column("permissions", Integer, nullable=False, server_default="1"),
    Column("due_at", Moment),
    Column("ended_at", Moment),
    Column("trail", Text, nullable=False, server_default="{}"),
    Index("ix_installations_grant_id", "grant_id"),
    Index("ix_installations_installing_account", "installing_account"),
    Index("ix_installations_due_at", "due_at"),
    Index("ix_installations_site_address", "site_address"),
    Index(
        "uq_installations_live_site",
        "site_id",
        unique=True,
        sqlite_where=text("is_live"),
        postgresql_where=text("is_live"),
    ),
)

grants = Table(
    "grants",
    metadata,
    Column("id", Words, primary_key=True),
    Column("sealed", Blob, nullable=False),
    Column("account_id", Words, nullable=False),
    Column("client_id", Words, nullable=False),
    Column("consented_at", Moment, nullable=False),
    Column("refreshed_at", Moment, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("lease_owner", Words, nullable=False),
    Column("lease_until", Moment),
    Column("tried_at", Moment),
    Column("is_dead", Boolean(create_constraint=False), nullable=False),
    Column("error", Words, nullable=False),
    Index("ix_grants_refreshed_at", "refreshed_at"),
)

detector_policies = Table(
    "detector_policies",
    metadata,
    Column("site_id", Words, primary_key=True),
    Column("policy", Text, nullable=False),
)

scans = Table(
    "scans",
    metadata,
    Column("number", Number, primary_key=True),
    Column("id", Words, nullable=False, unique=True),
    Column("site_id", Words, nullable=False),
    Column("only_spaces", Text, nullable=False),
    Column("status", Words, nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("finished_at", Moment),
    Column("error", Words, nullable=False),
    Column("report", Text),
    Column("urgency", Integer, nullable=False, server_default="0"),
    Column("setbacks", Integer, nullable=False, server_default="0"),
    Column("rest_until", Moment),
    Column("kind", Words, nullable=False, server_default="full"),
    Index("ix_scans_site_id_number", "site_id", "number"),
    Index(
        "uq_scans_running_site",
        "site_id",
        unique=True,
        sqlite_where=text("status = 'running'"),
        postgresql_where=text("status = 'running'"),
    ),
)

units = Table(
    "units",
    metadata,
    Column("number", Number, primary_key=True),
    _of_scan(),
    Column("id", Words, nullable=False),
    Column("kind", Words, nullable=False),
    Column("space_ids", Text, nullable=False),
    Column("cursor", Words, nullable=False),
    Column("status", Words, nullable=False),
    Column("owner", Words, nullable=False),
    Column("lease_until", Moment),
    Column("attempts", Integer, nullable=False),
    Column("error", Words, nullable=False),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("deaths", Integer, nullable=False, server_default="0"),
    Column("rest_until", Moment),
    UniqueConstraint("scan_id", "id"),
)

readings = Table(
    "readings",
    metadata,
    Column("number", Number, primary_key=True),
    _of_scan(),
    Column("kind", Words, nullable=False),
    Column("key", Words, nullable=False),
    Column("part", Words, nullable=False),
    Column("payload", Blob, nullable=False),
    UniqueConstraint("scan_id", "kind", "key", "part"),
)

spendings = Table(
    "spendings",
    metadata,
    Column("number", Number, primary_key=True),
    _of_scan(),
    Column("spending", Text, nullable=False),
    Index("ix_spendings_scan_id", "scan_id"),
)

space_snapshots = Table(
    "space_snapshots",
    metadata,
    Column("site_id", Words, primary_key=True),
    Column("space_id", Words, primary_key=True),
    Column("scan_id", Words, nullable=False),
    Column("taken_at", Moment, nullable=False),
    Column("item_count", Integer, nullable=False),
    Column("header", Blob, nullable=False),
    Column("content", Blob, nullable=False),
    Column("whole_at", Moment),
    Column("content_at", Moment),
    Column("grants_at", Moment),
    Column("listed", Integer),
)

directories = Table(
    "directories",
    metadata,
    Column("site_id", Words, primary_key=True),
    Column("scan_id", Words, nullable=False),
    Column("taken_at", Moment, nullable=False),
    Column("directory", Blob, nullable=False),
    Column("age", Blob),
)

finding_types = Table(
    "finding_types",
    metadata,
    Column("id", Words, primary_key=True),
    Column("words", Text, nullable=False),
)

findings = Table(
    "findings",
    metadata,
    Column("number", Number, primary_key=True),
    Column("id", Blob, nullable=False, unique=True),
    Column("fingerprint", Blob, nullable=False),
    Column("site_id", Words, nullable=False),
    Column("space_id", Words, nullable=False),
    Column("detector_id", Words, nullable=False),
    Column("severity", SmallInteger, nullable=False),
    Column("status", Words, nullable=False),
    Column("resolution", Words),
    Column("resource_type", Words, nullable=False),
    Column("resource_id", Words, nullable=False),
    Column("level", Words, nullable=False),
    Column("confidence", Words, nullable=False),
    Column("implied_by", Blob),
    Column("stale_reason", Words),
    Column("stale_since", Moment),
    Column("evidence_digest", Words, nullable=False),
    Column("first_seen_at", Moment, nullable=False),
    Column("last_seen_at", Moment, nullable=False),
    Column("resolved_at", Moment),
    Column("changed_at", Moment, nullable=False),
    Column("reopened_count", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    Column("scan_id", Words, nullable=False),
    Column("evidence", Blob, nullable=False),
    Column("titles", Blob, nullable=False),
    Column("change_seq", Number),
    Column("aside", Text),
    Column("assignee", Words, nullable=False, server_default=""),
    Index("ix_findings_site_id_space_id", "site_id", "space_id"),
    Index("ix_findings_worst", "site_id", "status", "severity", "changed_at"),
)

people_names = Table(
    "people_names",
    metadata,
    Column("site_id", Words, primary_key=True),
    Column("account_id", Words, primary_key=True),
    Column("display_name", Words, nullable=False),
    Index("ix_people_names_account_id", "account_id"),
)

name_marks = Table(
    "name_marks",
    metadata,
    Column("id", Words, primary_key=True),
)

consents = Table(
    "consents",
    metadata,
    Column("id", Words, primary_key=True),
    Column("ticket_hash", Words, nullable=False, unique=True),
    Column("asked_at", Moment, nullable=False),
    Column("asked_by", Words, nullable=False),
    Column("wanted", Words, nullable=False),
    Column("profile", Words, nullable=False),
    Column("status", Words, nullable=False),
    Column("site_id", Words, nullable=False),
    Column("error", Words, nullable=False),
    Column("remedy", Words, nullable=False),
    Column("exit_code", Integer, nullable=False),
)
