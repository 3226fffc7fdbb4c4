"""The schema this version works with, and whether a database is at it."""

from enum import StrEnum

from sqlalchemy import Connection, column, func, inspect, select, table

from connector.domain.errors import SchemaError

REVISION = "0012"
"""The newest migration; they are numbered, so that newer ones can be told."""

schema_version = table("schema_version", column("version_num"))
"""Alembic's own table: one row with the number of the last migration."""


class SchemaState(StrEnum):
    """How a database's schema stands to this version of the program."""

    CURRENT = "current"
    NEEDS_MIGRATION = "needs_migration"
    NEWER = "newer"


def state_of(connection: Connection) -> SchemaState:
    """Return how the schema stands to this version."""
    if not inspect(connection).has_table(schema_version.name):
        return SchemaState.NEEDS_MIGRATION
    revision = connection.scalar(select(func.max(schema_version.c.version_num)))
    if revision == REVISION:
        return SchemaState.CURRENT
    if revision is None or revision < REVISION:
        return SchemaState.NEEDS_MIGRATION
    return SchemaState.NEWER


def refuse_newer(state: SchemaState) -> None:
    """Raise SchemaError where a newer program has been at the database."""
    if state is SchemaState.NEWER:
        raise SchemaError(
            "The database was brought up to date by a newer version of the connector.",
            "Install that version, or restore a copy made before the upgrade.",
        )


def require_current(connection: Connection) -> None:
    """Raise SchemaError where the schema is not the one this version works with."""
    state = state_of(connection)
    refuse_newer(state)
    if state is SchemaState.NEEDS_MIGRATION:
        raise SchemaError(
            "The database is not at the schema this version works with.",
            "Run: casb migrate",
        )
