"""A window is closed before it is read: what is being written is not missed."""

import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from connector.domain.bookmark import Cursors
from connector.domain.client import Client, Consumer
from connector.domain.feed import ChangeFeed
from connector.domain.store_ports import Begin, Stores
from connector.export.cursors import SignedCursors
from connector.store.change_feed import SqlChangeFeed
from connector.store.database import Database, SqlStores
from connector.use_cases.export_changes import Asked, ExportChanges
from tests.contract.feeding import created, save
from tests.fakes.stores import TOKEN_KEY

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
CURSORS: Cursors = SignedCursors([TOKEN_KEY])
A_MOMENT = 0.3
"""Seconds in which a reader that waits for nobody would be done."""
PATIENCE = 60


class Unbarred:
    """A feed that does not wait for whoever writes at the moment."""

    def __init__(self, feed: ChangeFeed) -> None:
        self._feed = feed

    def __getattr__(self, name: str) -> Any:
        return getattr(self._feed, name)

    def close_window(self, before: datetime) -> None:
        """Leave the window open."""


def without_the_barrier(begin: Begin) -> Begin:
    """Return what only begins to read: on SQLite who begins to write has waited."""

    @contextmanager
    def opened(*, write: bool = True) -> Iterator[Stores]:
        with begin(write=False) as stores:
            feed = cast("SqlChangeFeed", Unbarred(stores.feed))
            yield replace(cast("SqlStores", stores), feed=feed)

    return cast("Begin", opened)


@pytest.fixture
def consumer() -> Consumer:
    sites = frozenset({created("1").finding.site_id})
    client = Client("siem", "siem", sites, frozenset(), LONG_AGO)
    return Consumer(client, frozenset(), "key")


@contextmanager
def in_the_middle_of_writing(begin: Begin) -> Iterator[AbstractContextManager[None]]:
    """Have a writer whose row has its time and is not committed; yield what lets go."""
    has_written, may_go = threading.Event(), threading.Event()

    def write() -> None:
        with begin() as stores:
            stores.findings.save([created("late")])
            has_written.set()
            assert may_go.wait(PATIENCE)

    @contextmanager
    def end(writing: Future[None]) -> Iterator[None]:
        may_go.set()
        writing.result(PATIENCE)
        yield

    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(write)
        try:
            assert has_written.wait(PATIENCE)
            yield end(writing)
        finally:
            may_go.set()


def window(
    begin: Begin, consumer: Consumer, since: datetime, before: datetime
) -> list[str]:
    """Read a window; returns the titles of its rows' resources."""
    export = ExportChanges(begin, lambda: datetime.now(UTC), CURSORS)
    pulled = export.page(consumer, Asked(since=since, before=before))
    return [row.finding_id for row in pulled.page.rows]


@pytest.fixture
def late() -> str:
    return created("late").finding.id


@pytest.fixture
def writer(database: Database) -> Iterator[Database]:
    """The same database in another process."""
    url = database.engines.writer.url.render_as_string(hide_password=False)
    opened = Database.open(url, [TOKEN_KEY])
    yield opened
    opened.close()


def test_a_reader_of_windows_waits_for_the_row_that_is_being_written(
    database: Database, writer: Database, consumer: Consumer, late: str
) -> None:
    save(database.begin, created("first"))
    with ThreadPoolExecutor(1) as pool, in_the_middle_of_writing(writer.begin) as end:
        now = datetime.now(UTC)
        reading = pool.submit(window, database.begin, consumer, LONG_AGO, now)
        with pytest.raises(TimeoutError):
            reading.result(A_MOMENT)
        with end:
            told = reading.result(PATIENCE)
    rest = window(database.begin, consumer, now, datetime.now(UTC))

    assert told.count(late) == 1
    assert late not in rest


def test_without_the_barrier_the_same_reader_misses_that_row(
    database: Database, writer: Database, consumer: Consumer, late: str
) -> None:
    save(database.begin, created("first"))
    open_ended = without_the_barrier(database.begin)
    with in_the_middle_of_writing(writer.begin) as end:
        now = datetime.now(UTC)
        told = window(open_ended, consumer, LONG_AGO, now)
        with end:
            rest = window(open_ended, consumer, now, datetime.now(UTC))

    assert len(told) == 1
    assert late not in told
    assert late not in rest
