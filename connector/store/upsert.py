"""Writes many rows at once, whether or not some of them are there already."""

from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

Row = Mapping[str, Any]
Insert = sqlite.Insert | postgresql.Insert


def upsert(
    connection: Connection,
    table: Table,
    rows: Sequence[Row],
    *,
    key: Collection[str],
    keep: Collection[str] = (),
) -> None:
    """Insert rows or replace those with the same key; ``keep`` columns stay."""
    if not rows:
        return
    fixed = {*key, *keep}
    replaced = tuple(name for name in rows[0] if name not in fixed)
    dialect = connection.dialect.name
    connection.execute(_replacing(dialect, table, tuple(key), replaced), rows)


def insert_new(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert those rows that collide with no other."""
    if rows:
        connection.execute(_adding(connection.dialect.name, table), rows)


def insert_if_free(connection: Connection, table: Table, row: Row) -> bool:
    """Insert a row unless it collides with another."""
    insert = _adding(connection.dialect.name, table)
    options = {"preserve_rowcount": True}
    return connection.execute(insert, row, execution_options=options).rowcount == 1


def insert_of(connection: Connection, table: Table) -> Insert:
    """Return an insert that can say what happens where a row is there already."""
    return insert_for(connection.dialect.name, table)


def insert_for(dialect: str, table: Table) -> Insert:
    """Return such an insert for the database of a dialect."""
    if dialect == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)


@cache
def _replacing(
    dialect: str, table: Table, key: tuple[str, ...], replaced: tuple[str, ...]
) -> Insert:
    """Return an upsert, put together once for all: that takes longer than to run it."""
    insert = insert_for(dialect, table)
    values = {name: insert.excluded[name] for name in replaced}
    return insert.on_conflict_do_update(index_elements=list(key), set_=values)


@cache
def _adding(dialect: str, table: Table) -> Insert:
    return insert_for(dialect, table).on_conflict_do_nothing().inline()
