"""The table of the accounts of points, as the migrations leave it."""

from sqlalchemy import BigInteger, Column, Table

from connector.store.column_types import Moment, Words
from connector.store.schema_metadata import metadata

point_accounts = Table(
    "point_accounts",
    metadata,
    Column("site_id", Words, primary_key=True),
    Column("hour", Moment, nullable=False),
    Column("taken", BigInteger, nullable=False),
    Column("paused_until", Moment, nullable=False),
)
