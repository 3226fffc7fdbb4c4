"""How much a scan reads, and how old what is stored of a site is."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """How much a scan reads, and how old what is stored of a site is."""
    kind = sa.Column("kind", sa.Text(), nullable=False, server_default="full")
    op.add_column("scans", kind)
    for name in ("whole_at", "content_at", "grants_at"):
        op.add_column("space_snapshots", sa.Column(name, sa.BigInteger()))
    op.add_column("space_snapshots", sa.Column("listed", sa.Integer()))
    op.add_column("directories", sa.Column("age", sa.LargeBinary()))
