"""Brings a database to the newest schema."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

from connector.store.database import Database
from connector.store.engines import sqlite_writer
from connector.store.schema import SchemaState, refuse_newer, state_of

MIGRATIONS = Path(__file__).parent / "migrations"
MIGRATION_LOCK = 0x43415342
"""The key of PostgreSQL's advisory lock, so that two migrations take turns."""


def migrate(database: Database) -> None:
    """Bring the schema up to date: all of it or nothing; at the newest, do nothing."""
    with _alone(database) as connection:
        state = state_of(connection)
        refuse_newer(state)
        if state is not SchemaState.CURRENT:
            command.upgrade(alembic_config(connection), "head")


def schema_state(database: Database) -> SchemaState:
    """Return how the schema stands to this version; NEWER raises SchemaError."""
    with database.connect(database.engines.reader) as connection:
        state = state_of(connection)
    refuse_newer(state)
    return state


def alembic_config(connection: Connection) -> Config:
    """Return Alembic's configuration for migrating over a connection."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


@contextmanager
def _alone(database: Database) -> Iterator[Connection]:
    writer = database.engines.writer
    if writer.dialect.name == "sqlite":
        # Rebuilding a table would otherwise delete the rows that refer to it.
        writer = sqlite_writer(writer.url, foreign_keys=False)
    try:
        with database.connect(writer) as connection:
            if writer.dialect.name == "postgresql":
                lock = text("SELECT pg_advisory_xact_lock(:key)")
                connection.execute(lock, {"key": MIGRATION_LOCK})
            yield connection
    finally:
        if writer is not database.engines.writer:
            writer.dispose()
