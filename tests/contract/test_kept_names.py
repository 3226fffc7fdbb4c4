"""Names are kept in memory between readings, and never one that is no longer so."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

import orjson
import pytest
from sqlalchemy import Engine, event

from casb_sdk import Audience, Directory, Principal, Site
from casb_sdk.model import Account
from connector.domain.feed import FeedQuery
from connector.domain.finding_state import Change, ChangeType, TrackedFinding
from connector.domain.installation import Installation
from connector.store.database import Database
from connector.store.seal import Seal
from tests.contract.feeding import render
from tests.contract.finding_words import finding_on, tracked
from tests.fakes.stores import TOKEN_KEY


@pytest.fixture
def other(database: Database) -> Iterator[Database]:
    """The same database, as another process has it open."""
    opened = Database.open(
        database.engines.writer.url.render_as_string(hide_password=False), [TOKEN_KEY]
    )
    yield opened
    opened.close()


def of_gus(name: str, page: str = "1") -> TrackedFinding:
    who = Principal("gus", Audience.EXTERNAL, display_name=name)
    return tracked(finding_on(page, principal=who), site_id="acme")


def tell(database: Database, *found: TrackedFinding) -> None:
    with database.begin() as stores:
        stores.findings.save([Change(ChangeType.CREATED, each) for each in found])
    render(database.begin)


def names(database: Database) -> list[str | None]:
    with database.begin(write=False) as stores:
        page = stores.feed.page_in_lines(FeedQuery(), named=True)
    assert page
    assert page.lines
    rows = map(orjson.loads, b"".join(page.lines.pieces).splitlines())
    return [row["principals"][0]["display_name"] for row in rows]


@contextmanager
def asked(engine: Engine) -> Iterator[list[str]]:
    """Collect what an engine is asked about names."""
    statements: list[str] = []

    def hear(_: object, __: object, statement: str, *rest: object) -> None:
        if "people_names" in statement:
            statements.append(statement)

    event.listen(engine, "before_cursor_execute", hear)
    yield statements
    event.remove(engine, "before_cursor_execute", hear)


def test_a_name_is_asked_for_once_and_not_for_every_page(database: Database) -> None:
    tell(database, of_gus("Gus"))
    reader = database.engines.reader

    with asked(reader) as first:
        assert names(database) == ["Gus"]
    with asked(reader) as second:
        assert names(database) == ["Gus"]

    assert len(first) == 1
    assert second == []


def test_a_name_that_another_process_changed_is_in_the_next_page(
    database: Database, other: Database
) -> None:
    tell(database, of_gus("Gus"))
    assert names(database) == ["Gus"]

    tell(other, of_gus("August", "2"))

    assert names(database) == ["August", "August"]


def test_a_name_that_nobody_had_is_in_the_next_page(
    database: Database, other: Database
) -> None:
    tell(database, of_gus(""))
    assert names(database) == [None]

    tell(other, of_gus("Gus", "2"))

    assert names(database) == ["Gus", "Gus"]


def test_an_erased_name_is_in_no_page_any_more(
    database: Database, other: Database
) -> None:
    account = Account("gus", "Gus", account_status="active")
    directory = Directory(Site("acme"), accounts={"gus": account})
    with database.begin() as stores:
        stores.snapshots.save_directory("acme", "scan", directory)
    tell(database, of_gus("Gus"))
    assert names(database) == ["Gus"]

    with other.begin() as stores:
        stores.accounts.erase(["gus"], None)

    assert names(database) == [None]


def test_a_name_of_a_purged_site_is_not_kept_for_the_site_that_comes_back(
    database: Database, other: Database
) -> None:
    tell(database, of_gus("Gus"))
    assert names(database) == ["Gus"]

    with other.begin() as stores:
        stores.site_data.erase("acme")
    tell(other, of_gus(""))

    assert names(database) == [None]


def test_a_name_that_was_never_committed_is_in_no_page(database: Database) -> None:
    tell(database, of_gus("Gus"))

    with suppress(ZeroDivisionError), database.begin() as stores:
        stores.findings.save([Change(ChangeType.CREATED, of_gus("August", "2"))])
        page = stores.feed.page(FeedQuery())
        assert b"August" in (page.rows[0].text or b"")
        raise ZeroDivisionError

    assert names(database) == ["Gus"]


def test_a_reader_that_began_before_a_change_leaves_nothing_to_later_ones(
    database: Database, other: Database
) -> None:
    tell(database, of_gus("Gus"))

    with database.begin(write=False) as stores:
        stores.feed.watermark()  # What it sees is decided now.
        tell(other, of_gus("August", "2"))
        assert names(database) == ["August", "August"]
        page = stores.feed.page_in_lines(FeedQuery(), named=True)

    assert page
    assert page.lines
    assert b'"Gus"' in b"".join(page.lines.pieces)
    assert names(database) == ["August", "August"]


def test_a_site_that_moved_has_its_new_address_in_the_next_page(
    database: Database, other: Database
) -> None:
    there = Installation("one", Site("acme", "https://acme.test"), "none")
    with database.begin() as stores:
        stores.installations.save(there)
    tell(database, of_gus("Gus"))
    assert names(database) == ["Gus"]
    moved = replace(there, site=Site("acme", "https://moved.test"))

    with other.begin() as stores:
        stores.installations.save(moved)

    with database.begin(write=False) as stores:
        page = stores.feed.page_in_lines(FeedQuery(), named=True)
    assert page
    assert page.lines
    [text] = page.lines.pieces
    assert orjson.loads(text)["resource"]["url"].startswith("https://moved.test/")


def test_marks_do_not_pile_up(database: Database) -> None:
    opened = Database(database.engines, Seal.of([TOKEN_KEY]))
    for number in range(5):
        tell(opened, of_gus(f"Gus {number}", str(number)))

    with database.engines.reader.connect() as connection:
        marks = connection.exec_driver_sql("SELECT count(*) FROM name_marks").scalar()
    assert marks == 1
