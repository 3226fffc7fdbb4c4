"""Whether a finding was implied before a change: leaving a filter is told."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

IS_BOOLEAN = sa.Boolean(create_constraint=False)


def upgrade() -> None:
    """Whether a finding was implied before a change: leaving a filter is told."""
    op.add_column(
        "changes",
        sa.Column(
            "implied_before", IS_BOOLEAN, nullable=False, server_default=sa.false()
        ),
    )
    # Nobody knows of the rows there are: none of them left a filter.
    op.execute("UPDATE changes SET implied_before = is_implied WHERE is_implied")
