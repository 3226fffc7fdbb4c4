"""Triage: suppressions, notes and who looks after a finding."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Triage: suppressions, notes and who looks after a finding."""
    op.add_column("findings", sa.Column("aside", sa.Text()))
    op.add_column(
        "findings",
        sa.Column("assignee", sa.Text(), nullable=False, server_default=""),
    )
    op.create_table(
        "suppressions",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("site_id", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("space_id", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger()),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("principals", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_suppressions"),
    )
    op.create_index("ix_suppressions_site_id", "suppressions", ["site_id"])
    op.create_table(
        "finding_notes",
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("finding_id", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_finding_notes"),
    )
    op.create_index("ix_finding_notes_finding_id", "finding_notes", ["finding_id"])
