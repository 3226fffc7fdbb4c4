"""One empty database per test: SQLite, and a real PostgreSQL."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from connector.store.database import Database
from connector.store.engines import Engines
from connector.store.seal import Seal
from tests.fakes.postgresql import PostgreSQL, postgresql
from tests.fakes.stores import TOKEN_KEY, OneFile, begin, migrated_file, one_file

__all__ = ["PostgreSQL", "begin", "migrated_file", "one_file", "postgresql"]


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest) -> str:
    """Name the kind of database the test runs on."""
    kind: str = request.param
    return kind


@pytest.fixture
def empty_url(engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the address of a database without tables."""
    if engine == "sqlite":
        return f"sqlite:///{tmp_path / 'empty.db'}"
    server: PostgreSQL = request.getfixturevalue("postgresql")
    return server.create(f"empty_{uuid.uuid4().hex}")


@pytest.fixture
def engines(
    engine: str, request: pytest.FixtureRequest, one_file: OneFile, migrated_file: Path
) -> Engines:
    """Return the engines of this process, over an empty database."""
    if engine == "sqlite":
        one_file.filled_from(migrated_file)
        return one_file.engines
    server: PostgreSQL = request.getfixturevalue("postgresql")
    server.swept()
    return server.engines


@pytest.fixture
def url(engines: Engines) -> str:
    """Return the address of a database at the newest schema."""
    return engines.writer.url.render_as_string(hide_password=False)


@pytest.fixture
def database(engines: Engines) -> Iterator[Database]:
    """Return an empty database."""
    opened = Database(engines, Seal.of([TOKEN_KEY]))
    yield opened
    opened.close()
