"""Scans and units that rest between two tries, and how urgent a scan is."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Scans and units that rest between two tries, and how urgent a scan is."""
    for table, name in COUNTS:
        count = sa.Column(name, sa.Integer(), nullable=False, server_default="0")
        op.add_column(table, count)
    for table in ("scans", "units"):
        op.add_column(table, sa.Column("rest_until", sa.BigInteger()))


COUNTS = (
    ("scans", "urgency"),
    ("scans", "setbacks"),
    ("units", "failures"),
    ("units", "deaths"),
)
