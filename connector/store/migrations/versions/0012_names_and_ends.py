"""Marks of changed names, and until when ends were dropped from the feed."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Marks of changed names, and until when ends were dropped from the feed.

    Nobody kept that time: the next row that is left was written later.
    """
    op.create_table(
        "name_marks",
        sa.Column("id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_name_marks")),
    )
    op.add_column("feed_state", sa.Column("compacted_at", sa.BigInteger()))
    op.execute(
        "UPDATE feed_state SET compacted_at = coalesce((SELECT min(changed_at) "
        "FROM changes WHERE seq > compacted_to), last_changed_at) "
        "WHERE compacted_to > 0"
    )
