"""The real stores on a SQLite file of the test's own, for tests of use cases.

Offer them to the tests of a folder in its conftest.py::

    from tests.fakes.stores import (  # noqa: F401
        begin, database, migrated_file, one_file
    )
"""

import atexit
import shutil
import sqlite3
import tempfile
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import cast

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import QueuePool
from sqlalchemy.exc import DatabaseError

from connector.domain.store_ports import Begin
from connector.store.database import Database
from connector.store.engines import Engines
from connector.store.migrate import migrate
from connector.store.schema import schema_version
from connector.store.seal import Seal

TOKEN_KEY = Fernet.generate_key().decode()
IN_ANY_ORDER = "BEGIN IMMEDIATE; PRAGMA defer_foreign_keys = ON;"


class OneFile:
    """A SQLite file that all tests of a process use in turn, each with its own content.

    An engine compiles each statement it meets once; an engine per test would spend
    more time on that than the tests do.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / "casb.db"
        self.engines = Engines.open(f"sqlite:///{self.path}")
        self._sweep = ""
        self._schema: list[object] = []

    def filled_from(self, template: Path) -> None:
        """Put a copy of a closed database in its place."""
        self.engines.dispose()
        for old in self.path.parent.glob(f"{self.path.name}*"):
            old.unlink()
        shutil.copy(template, self.path)
        self._sweep = ""

    def emptied(self, template: Path) -> None:
        """Put an empty database in its place: sweep it where that leaves the same.

        It does not where a connection is still held, or the schema is another one.
        """
        is_at_rest = not any(pool.checkedout() for pool in self._pools())
        if not (self._sweep and is_at_rest and self._is_swept()):
            self.filled_from(template)
            with closing(sqlite3.connect(template)) as connection:
                self._schema = schema_of(connection)
                self._sweep = sweep_of(connection)

    def _is_swept(self) -> bool:
        try:
            return self._swept()
        except (
            sqlite3.DatabaseError,
            DatabaseError,
        ):  # A test wrote something else into the file.
            return False

    def _swept(self) -> bool:
        """Delete every row; returns whether the schema is that of the template."""
        with self.engines.writer.connect() as connection:
            driver = cast("sqlite3.Connection", connection.connection.driver_connection)
            if schema_of(driver) != self._schema:
                return False
            sweep = "".join(text for (text,) in driver.execute(self._sweep))
            driver.executescript(f"{IN_ANY_ORDER} {sweep} COMMIT")
        return True

    def _pools(self) -> list[QueuePool]:
        engines = self.engines.writer, self.engines.reader
        return [cast("QueuePool", engine.pool) for engine in engines]

    def open(self) -> Database:
        """Return the database in the file as it is now."""
        return Database(self.engines, Seal.of([TOKEN_KEY]))


@pytest.fixture(scope="session")
def one_file() -> OneFile:
    """Return the file of this process."""
    return _file_of_this_process()


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an empty database at the newest schema, to be copied and not used."""
    path = tmp_path_factory.mktemp("schema") / "empty.db"
    migrate_file(path)
    return path


@pytest.fixture
def database(one_file: OneFile, migrated_file: Path) -> Database:
    """Return an empty database."""
    one_file.emptied(migrated_file)
    return one_file.open()


@pytest.fixture
def begin(database: Database) -> Begin:
    """Return what opens a transaction over all stores."""
    return database.begin


def migrate_file(path: Path) -> None:
    """Make a SQLite file at the newest schema."""
    shutil.copy(_migrated(), path)


def schema_of(connection: sqlite3.Connection) -> list[object]:
    """Return what is another one in a database with other tables, or of a revision."""
    [(number,)] = connection.execute("PRAGMA schema_version")
    return [number, *connection.execute("SELECT * FROM schema_version")]


def sweep_of(connection: sqlite3.Connection) -> str:
    """Return what asks a database for the deletes that leave its revision alone.

    Deleting from an empty table writes as much as deleting from a full one.
    """
    found = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
    return " UNION ALL ".join(
        f"SELECT 'DELETE FROM {name};' WHERE EXISTS (SELECT 1 FROM {name})"  # noqa: S608
        for (name,) in found
        if name != schema_version.name
    )


@cache
def _migrated() -> Path:
    """Return what is copied; the steps to the newest schema are taken once."""
    path = _folder() / "newest.db"
    database = Database.open(f"sqlite:///{path}")
    migrate(database)
    database.close()
    return path


@cache
def _file_of_this_process() -> OneFile:
    """Return the same one to each folder of tests that imports the fixture."""
    return OneFile(_folder())


@cache
def _folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="casb-tests-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
