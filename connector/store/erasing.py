"""Deletes so that nothing of it stays readable in the file of a SQLite database."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine


@contextmanager
def erasing(connection: Connection) -> Iterator[None]:
    """Overwrite what is deleted in this block; PostgreSQL does so when it vacuums."""
    if connection.dialect.name != "sqlite":
        yield
        return
    connection.exec_driver_sql("PRAGMA secure_delete = ON")
    try:
        yield
    finally:
        connection.exec_driver_sql("PRAGMA secure_delete = OFF")


def scrub(writer: Engine) -> None:
    """Rewrite a SQLite file so that nothing erased is left in it.

    Older copies may stand in pages that were freed before, and in the write-ahead log.
    """
    if writer.dialect.name != "sqlite":
        return
    connection = writer.raw_connection()
    try:
        for statement in ("VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"):
            connection.cursor().execute(statement).fetchall()
    finally:
        connection.close()
