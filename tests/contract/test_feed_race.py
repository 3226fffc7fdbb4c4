"""Three processes write the feed while three consumers read it over HTTP."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select
from werkzeug.serving import make_server

from connector.cli.local_server import SilentHandler
from connector.domain.client import RateLimit
from connector.store.database import Database
from connector.store.feed_tables import changes
from tests.contract.feed_writer import changes_of
from tests.fakes.processes import running
from tests.unit.web.api.export_world import ExportWorld, RealClock

WRITERS = ("ann", "bea", "cem")
CHANGES_OF_EACH = 1_020
PAGE = 97
"""Rows in a page: windows and backlogs end in the middle of one."""
A_MOMENT = 0.1
"""Seconds a consumer waits at the end of the feed."""
PATIENCE = 200
NEVER = "2999-01-01T00:00:00Z"
"""Cut to now by the server, when writers are in the middle of something."""
MICROSECOND = timedelta(microseconds=1)
UNLIMITED = RateLimit(1_000_000, timedelta(minutes=1))
Item = dict[str, Any]
Row = tuple[int, str, str]


@dataclass
class Feed:
    """The feed over HTTP, for a consumer with a key."""

    client: httpx.Client
    over: threading.Event = field(default_factory=threading.Event)

    def page(self, **parameters: str | int) -> Item:
        answer = self.client.get(
            "/api/v1/findings/changes", params={"limit": PAGE, **parameters}
        )
        assert answer.status_code == 200, answer.text
        page: Item = answer.json()
        return page

    def by_checkpoint(self) -> list[Item]:
        """Follow the checkpoint until nothing more can come."""
        items: list[Item] = []
        cursor = ""
        while True:
            is_last = self.over.is_set()
            page = self.page(cursor=cursor)
            items += page["items"]
            cursor = page["checkpoint"]
            if not page["has_more"]:
                if is_last:
                    return items
                time.sleep(A_MOMENT)

    def by_number(self) -> list[Item]:
        """Ask for what follows the last number, as dlt and Airbyte do."""
        items: list[Item] = []
        while True:
            is_last = self.over.is_set()
            last = items[-1]["change_seq"] if items else 0
            page = self.page(after_seq=last)
            items += page["items"]
            if not page["has_more"]:
                if is_last:
                    return items
                time.sleep(A_MOMENT)

    def by_windows(self) -> list[Item]:
        """Read one window after the other, each up to the now of the server."""
        items: list[Item] = []
        start = datetime(2020, 1, 1, tzinfo=UTC)
        while True:
            is_last = self.over.is_set()
            page = self.page(changed_since=start.isoformat(), changed_before=NEVER)
            items += page["items"]
            end = datetime.fromisoformat(page["watermark"]["changed_at"])
            while page["has_more"]:
                page = self.page(cursor=page["next_cursor"])
                items += page["items"]
            if is_last:
                return items
            start = end + MICROSECOND
            time.sleep(A_MOMENT)


@pytest.fixture
def feed(database: Database) -> Iterator[Feed]:
    with _served(database) as client:
        yield Feed(client)


@pytest.mark.timeout(PATIENCE + 40)
def test_every_reader_gets_every_change_of_three_writers_once_and_in_order(
    database: Database, url: str, feed: Feed
) -> None:
    readers = (feed.by_checkpoint, feed.by_number, feed.by_windows)

    with ThreadPoolExecutor() as pool, _writing(url) as wait_for_the_end:
        reading = [pool.submit(read) for read in readers]
        try:
            wait_for_the_end()
        finally:
            feed.over.set()
        told = [each.result(PATIENCE) for each in reading]

    written = Counter(
        (change.type.value, change.finding.finding.resource.id)
        for name in WRITERS
        for change in changes_of(name, CHANGES_OF_EACH)
    )
    rows = _rows(database)
    assert len(rows) == len(WRITERS) * CHANGES_OF_EACH > 3_000
    assert len({seq for seq, _, _ in rows}) == len(rows)
    for items in told:
        assert [_row(item) for item in items] == rows
        kinds = ((item["change_type"], item["resource"]["id"]) for item in items)
        assert Counter(kinds) == written
        times = [item["changed_at"] for item in items]
        assert times == sorted(set(times))


@contextmanager
def _served(database: Database) -> Iterator[httpx.Client]:
    """Serve the API over real HTTP, with the real clock, to one consumer."""
    world = ExportWorld(database, RealClock())
    issued = world.client(limit=UNLIMITED)
    server = make_server(
        "127.0.0.1", 0, world.api, threaded=True, request_handler=SilentHandler
    )
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    client = httpx.Client(
        base_url=f"http://127.0.0.1:{server.server_port}",
        headers={"X-API-Key": issued.api_key},
        timeout=PATIENCE,
        trust_env=False,
    )
    try:
        with client:
            yield client
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def _writing(url: str) -> Iterator[Callable[[], None]]:
    """Start the writers together; what is yielded waits for their end."""
    with ExitStack() as stack:
        writers = [
            stack.enter_context(
                running("tests.contract.feed_writer", url, name, str(CHANGES_OF_EACH))
            )
            for name in WRITERS
        ]
        for writer in writers:
            assert writer.said() == "ready"
        for writer in writers:
            writer.tell("go")

        def wait() -> None:
            assert [writer.wait(PATIENCE) for writer in writers] == [0, 0, 0]

        yield wait


def _rows(database: Database) -> list[Row]:
    wanted = select(changes.c.seq, changes.c.change_type, changes.c.finding_id)
    with database.engines.reader.begin() as connection:
        found = connection.execute(wanted.order_by(changes.c.seq)).all()
    return [(seq, type_, key.hex()) for seq, type_, key in found]


def _row(item: Item) -> Row:
    return item["change_seq"], item["change_type"], item["id"].replace("-", "")
