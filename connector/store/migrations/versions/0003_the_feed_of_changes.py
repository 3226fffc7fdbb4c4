"""The feed of changes."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """The feed of changes."""
    op.add_column("findings", sa.Column("change_seq", NUMBER))
    op.create_table(
        "changes",
        sa.Column("seq", NUMBER, nullable=False, autoincrement=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("site_id", sa.Text(), nullable=False),
        sa.Column("finding_id", sa.LargeBinary(), nullable=False),
        sa.Column("detector_id", sa.Text(), nullable=False),
        sa.Column("resource_type", sa.Text(), nullable=False),
        sa.Column("change_type", sa.Text(), nullable=False),
        sa.Column("severity", sa.SmallInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("severity_before", sa.SmallInteger()),
        sa.Column("status_before", sa.Text()),
        sa.Column("is_implied", sa.Boolean(), nullable=False),
        sa.Column("draft", sa.LargeBinary()),
        sa.Column("kept", sa.LargeBinary()),
        sa.Column("body", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("seq", name="pk_changes"),
    )
    op.create_index("ix_changes_site_id_seq", "changes", ["site_id", "seq"])
    op.create_index("ix_changes_changed_at", "changes", ["changed_at"])
    op.create_index("ix_changes_finding_id_seq", "changes", ["finding_id", "seq"])
    op.create_index(
        "ix_changes_unrendered",
        "changes",
        ["seq"],
        sqlite_where=sa.text("body IS NULL"),
        postgresql_where=sa.text("body IS NULL"),
    )
    op.create_table(
        "feed_state",
        sa.Column("id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("epoch", sa.Text(), nullable=False),
        sa.Column("last_seq", NUMBER, nullable=False),
        sa.Column("last_changed_at", sa.BigInteger()),
        sa.Column("compacted_to", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_feed_state"),
    )
