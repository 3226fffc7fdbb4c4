"""What people are called is written once a transaction, and again once forgotten."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, event

from connector.store.database import Database
from connector.store.people_names import PeopleNames

NAMES = {"gus": "Gus", "ada": "Ada", "app": ""}


@contextmanager
def told_of(connection: Connection) -> Iterator[list[str]]:
    """Collect what the database is told and asked about names."""
    told: list[str] = []

    def hear(_: object, __: object, statement: str, *rest: object) -> None:
        if "people_names" in statement:
            told.append(statement.split(maxsplit=1)[0])

    event.listen(connection, "before_cursor_execute", hear)
    yield told
    event.remove(connection, "before_cursor_execute", hear)


def test_names_that_were_saved_are_neither_asked_for_nor_written_again(
    database: Database,
) -> None:
    with database.connect(database.engines.writer) as connection:
        names = PeopleNames(connection)
        with told_of(connection) as told:
            names.save("acme", NAMES)
            names.save("acme", {"gus": "Gus", "app": ""})

        assert told == ["SELECT", "INSERT"]
        assert names.of("acme", NAMES) == {"gus": "Gus", "ada": "Ada"}


def test_the_names_of_another_site_are_its_own(database: Database) -> None:
    with database.connect(database.engines.writer) as connection:
        names = PeopleNames(connection)
        names.save("acme", NAMES)
        names.save("beta", {"gus": "Gus"})

        assert names.of("beta", NAMES) == {"gus": "Gus"}


def test_a_name_that_changed_is_written(database: Database) -> None:
    with database.connect(database.engines.writer) as connection:
        names = PeopleNames(connection)
        names.save("acme", NAMES)
        names.save("acme", {"gus": "August"})
        names.save("acme", {"gus": "Gus", "ada": "Ada L."})

        assert names.of("acme", NAMES) == {"gus": "Gus", "ada": "Ada L."}


def test_a_name_that_was_forgotten_may_be_saved_again(database: Database) -> None:
    with database.connect(database.engines.writer) as connection:
        names = PeopleNames(connection)
        names.save("acme", NAMES)
        names.erase(["gus"])
        without = names.of("acme", NAMES)
        names.save("acme", NAMES)

        assert without == {"ada": "Ada"}
        assert names.of("acme", NAMES) == {"gus": "Gus", "ada": "Ada"}
