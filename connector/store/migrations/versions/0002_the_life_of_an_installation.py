"""The life of an installation: grants, log, alarms, jobs, sessions, privacy."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """The life of an installation."""
    _installations()
    _grants()
    _care()
    _web()


def _installations() -> None:
    for column in (
        sa.Column("reason", sa.Text(), nullable=False, server_default=""),
        sa.Column("permissions", sa.Integer(), nullable=False, server_default="1"),
        sa.Column("due_at", sa.BigInteger()),
        sa.Column("ended_at", sa.BigInteger()),
        sa.Column("trail", sa.Text(), nullable=False, server_default="{}"),
    ):
        op.add_column("installations", column)
    for name in ("grant_id", "installing_account", "due_at", "site_address"):
        op.create_index(f"ix_installations_{name}", "installations", [name])
    # Whoever was connected before is looked at by the first worker that starts.
    op.execute("UPDATE installations SET due_at = 0 WHERE is_live")


def _grants() -> None:
    op.create_table(
        "grants",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("consented_at", sa.BigInteger(), nullable=False),
        sa.Column("refreshed_at", sa.BigInteger(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("lease_owner", sa.Text(), nullable=False),
        sa.Column("lease_until", sa.BigInteger()),
        sa.Column("tried_at", sa.BigInteger()),
        sa.Column("is_dead", sa.Boolean(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_grants"),
    )
    op.create_index("ix_grants_refreshed_at", "grants", ["refreshed_at"])
    op.execute(
        "INSERT INTO grants (id, sealed, account_id, client_id, consented_at, "
        "refreshed_at, generation, lease_owner, is_dead, error) "
        "SELECT t.grant_id, t.sealed, coalesce(max(i.installing_account), ''), '', "
        "coalesce(max(i.installed_at), 0), coalesce(max(i.installed_at), 0), 0, '', "
        "false, '' FROM token_pairs t LEFT JOIN installations i "
        "ON i.grant_id = t.grant_id GROUP BY t.grant_id, t.sealed"
    )
    op.drop_table("token_pairs")


def _care() -> None:
    op.create_table(
        "installation_log",
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("installation_id", sa.Text(), nullable=False),
        sa.Column("site_id", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_installation_log"),
        sa.UniqueConstraint("id", name="uq_installation_log_id"),
    )
    op.create_index(
        "ix_installation_log_site_id_number", "installation_log", ["site_id", "number"]
    )
    op.create_table(
        "alarms",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("remedy", sa.Text(), nullable=False),
        sa.Column("raised_at", sa.BigInteger(), nullable=False),
        sa.Column("site_id", sa.Text(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_alarms"),
    )
    op.create_table(
        "jobs",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("lease_until", sa.BigInteger()),
        sa.Column("started_at", sa.BigInteger()),
        sa.Column("ended_at", sa.BigInteger()),
        sa.Column("runs", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_jobs"),
    )
    op.create_table(
        "account_reports",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("reported_at", sa.BigInteger()),
        sa.Column("report_again_at", sa.BigInteger()),
        sa.Column("erased_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("account_id", name="pk_account_reports"),
    )
    op.create_index("ix_account_reports_erased_at", "account_reports", ["erased_at"])


def _web() -> None:
    op.create_table(
        "web_sessions",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_web_sessions"),
    )
    op.create_index("ix_web_sessions_expires_at", "web_sessions", ["expires_at"])
    op.create_table(
        "admins",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_admins"),
    )
    op.create_table(
        "sign_in_failures",
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_sign_in_failures"),
    )
    op.create_index("ix_sign_in_failures_key_at", "sign_in_failures", ["key", "at"])
