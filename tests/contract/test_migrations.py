"""A database is brought to the schema of this version, and to no other."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, update

from connector.domain.errors import SchemaError
from connector.store.database import Database
from connector.store.migrate import alembic_config, migrate, schema_state
from connector.store.schema import REVISION, SchemaState, schema_version
from connector.store.tables import metadata


@pytest.fixture
def empty(empty_url: str) -> Iterator[Database]:
    opened = Database.open(empty_url)
    yield opened
    opened.close()


def set_revision(database: Database, revision: str) -> None:
    with database.engines.writer.begin() as connection:
        connection.execute(update(schema_version).values(version_num=revision))


def test_the_tables_are_those_that_the_migrations_leave(empty: Database) -> None:
    migrate(empty)
    with empty.engines.writer.connect() as connection:
        options = {"version_table": schema_version.name}
        context = MigrationContext.configure(connection, opts=options)

        differences = compare_metadata(context, metadata)

    assert differences == []


def test_every_index_is_in_the_migrations(database: Database) -> None:
    found = inspect(database.engines.reader)

    for table in metadata.tables.values():
        there = {index["name"] for index in found.get_indexes(table.name)}
        assert {index.name for index in table.indexes} <= there


def test_the_newest_migration_is_the_schema_of_this_version(
    database: Database,
) -> None:
    with database.engines.reader.connect() as connection:
        script = ScriptDirectory.from_config(alembic_config(connection))

    assert script.get_current_head() == REVISION
    assert all(revision.revision.isdigit() for revision in script.walk_revisions())


def test_an_empty_database_asks_for_casb_migrate(empty: Database) -> None:
    assert schema_state(empty) is SchemaState.NEEDS_MIGRATION
    with pytest.raises(SchemaError, match="Run: casb migrate"), empty.begin():
        pass

    migrate(empty)

    assert schema_state(empty) is SchemaState.CURRENT
    with empty.begin() as stores:
        assert stores.installations.all() == []


def test_an_older_database_asks_for_casb_migrate(empty: Database) -> None:
    migrate(empty)
    set_revision(empty, "0000")

    assert schema_state(empty) is SchemaState.NEEDS_MIGRATION
    with pytest.raises(SchemaError, match="Run: casb migrate"), empty.begin():
        pass


def test_migrating_again_keeps_what_is_there(database: Database) -> None:
    with database.begin() as stores:
        stores.ledger.start("acme", (), database.now())

    migrate(database)

    with database.begin(write=False) as stores:
        assert stores.ledger.latest("acme")


def test_two_migrations_take_turns(empty: Database) -> None:
    with ThreadPoolExecutor(2) as pool:
        done = [pool.submit(migrate, empty) for _ in range(2)]

    assert [each.result() for each in done] == [None, None]
    assert schema_state(empty) is SchemaState.CURRENT


def test_a_database_of_a_newer_version_is_left_alone(empty: Database) -> None:
    migrate(empty)
    set_revision(empty, "9999")

    with pytest.raises(SchemaError, match="newer version"), empty.begin():
        pass
    with pytest.raises(SchemaError, match="newer version"):
        schema_state(empty)
    with pytest.raises(SchemaError, match="newer version"):
        migrate(empty)
