"""The real stores on a SQLite file of the test's own, for tests of use cases.

Offer them to the tests of a folder in its conftest.py::

    from tests.fakes.stores import (  # noqa: F401
        begin, database, migrated_file, one_file
    )
"""

import atexit
import shutil
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from connector.domain.store_ports import Begin
from connector.store.database import Database
from connector.store.engines import Engines
from connector.store.migrate import migrate
from connector.store.seal import Seal

TOKEN_KEY = Fernet.generate_key().decode()


class OneFile:
    """A SQLite file that all tests of a process use in turn, each with its own content.

    An engine compiles each statement it meets once; an engine per test would spend
    more time on that than the tests do.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / "casb.db"
        self.engines = Engines.open(f"sqlite:///{self.path}")

    def filled_from(self, template: Path) -> None:
        """Put a copy of a closed database in its place."""
        self.engines.dispose()
        for old in self.path.parent.glob(f"{self.path.name}*"):
            old.unlink()
        shutil.copy(template, self.path)

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
def database(one_file: OneFile, migrated_file: Path) -> Iterator[Database]:
    """Return an empty database."""
    one_file.filled_from(migrated_file)
    opened = one_file.open()
    yield opened
    opened.close()


@pytest.fixture
def begin(database: Database) -> Begin:
    """Return what opens a transaction over all stores."""
    return database.begin


def migrate_file(path: Path) -> None:
    """Make a SQLite file at the newest schema."""
    shutil.copy(_migrated(), path)


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
