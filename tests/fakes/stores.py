"""The real stores on a SQLite file of the test's own, for tests of use cases.

Offer them to the tests of a folder in its conftest.py::

    from tests.fakes.stores import begin, database, migrated_file  # noqa: F401
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from connector.domain.store_ports import Begin
from connector.store.database import Database
from connector.store.migrate import migrate

TOKEN_KEY = Fernet.generate_key().decode()


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an empty database at the newest schema, to be copied and not used."""
    path = tmp_path_factory.mktemp("schema") / "empty.db"
    migrate_file(path)
    return path


@pytest.fixture
def database(migrated_file: Path, tmp_path: Path) -> Iterator[Database]:
    """Return an empty database."""
    path = tmp_path / "casb.db"
    shutil.copy(migrated_file, path)
    opened = Database.open(f"sqlite:///{path}", [TOKEN_KEY])
    yield opened
    opened.close()


@pytest.fixture
def begin(database: Database) -> Begin:
    """Return what opens a transaction over all stores."""
    return database.begin


def migrate_file(path: Path) -> None:
    """Bring a SQLite file to the newest schema."""
    database = Database.open(f"sqlite:///{path}")
    migrate(database)
    database.close()
