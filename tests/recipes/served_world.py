"""A connector with some hundred findings that serves its API over real HTTP."""

import math
import socket
import threading
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from sqlite3 import connect
from typing import Any, Protocol

import httpx
from werkzeug.serving import WSGIRequestHandler, make_server

from connector.domain.client import Scope
from connector.domain.finding_state import Change, ChangeType, Status
from connector.store.database import Database
from tests.contract.finding_words import finding_on, tracked
from tests.fakes.plain_http import plain_client
from tests.recipes.pages import FEWER_ROWS
from tests.unit.web.api.export_world import ACME, CHANGES, ExportWorld

Row = dict[str, Any]
FINDINGS = 230
CHANGED = range(15)
MOST_REQUESTS = 500
BEYOND_A_MILLION = 1_500_000
"""Go writes numbers from a million on with an exponent."""


class Walker(Protocol):
    """A product that follows the feed as its configuration says."""

    def run(self) -> list[Row]:
        """Do what the product does at one time of its schedule; return the rows."""


class ServedWorld(ExportWorld):
    """Findings, what happens to them, and who asked for what."""

    def __init__(self, database: Database, url: str) -> None:
        super().__init__(database, CASB_PUBLIC_URL=url)
        self.url = url
        self.address = f"{url}{CHANGES}"
        self.asked: list[str] = []
        self.http = plain_client(timeout=30)
        self.pages = 0

    def fill(self) -> None:
        """Let there be findings, numbered from beyond a million on."""
        self.found(1)
        with closing(connect(self.path)) as database, database:
            number = (BEYOND_A_MILLION,)
            database.execute("UPDATE feed_state SET last_seq = ?", number)
        self.found(FINDINGS - 1)

    def found(self, count: int) -> None:
        """Find something on so many pages more."""
        pages = range(self.pages, self.pages + count)
        self.pages += count
        findings = [
            tracked(finding_on(str(page), title=f"Page {page}"), site_id=ACME)
            for page in pages
        ]
        self._save(Change(ChangeType.CREATED, each, ("status",)) for each in findings)
        self.known |= {(ACME, each.finding.resource.id): each for each in findings}

    def change(self) -> None:
        """Let some findings be fixed, some put aside, and find some more."""
        self.moves(CHANGED[:5], ChangeType.RESOLVED, Status.RESOLVED)
        self.moves(CHANGED[5:10], ChangeType.SUPPRESSED, Status.SUPPRESSED)
        self.found(len(CHANGED[10:]))

    def moves(self, pages: Iterable[int], type_: ChangeType, status: Status) -> None:
        """Let something happen to the findings on pages."""
        before = [self.known[ACME, str(page)] for page in pages]
        after = [
            replace(each, status=status, version=each.version + 1) for each in before
        ]
        pairs = zip(before, after, strict=True)
        self._save(Change(type_, new, ("status",), old.standing) for old, new in pairs)
        self.known |= {(ACME, each.finding.resource.id): each for each in after}

    def events(self) -> list[str]:
        """Return the event ids of all changes, read from the database itself."""
        with closing(connect(self.path)) as database:
            numbers = database.execute("SELECT seq FROM changes ORDER BY seq")
            return [f"{ACME}:{number}" for (number,) in numbers]

    def ask(
        self, url: str, params: dict[str, str], headers: dict[str, str]
    ) -> httpx.Response:
        """Ask over real HTTP; parameters are added to those in the address."""
        assert len(self.asked) < MOST_REQUESTS, "a recipe asks without end"
        whole = httpx.URL(url).copy_merge_params(params)
        return self.http.get(whole, headers=headers)

    def key(self) -> str:
        """Return the API key of a new client, made as the pages say."""
        issued = self.client(ACME, scopes=frozenset({Scope.FINDINGS_READ}))
        return issued.api_key

    def pages_of(self, rows: int) -> int:
        """Return how many pages rows take."""
        return math.ceil(rows / int(FEWER_ROWS))

    def _save(self, changes: Iterable[Change]) -> None:
        with self.database.begin() as stores:
            stores.findings.save(list(changes))


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - theirs
        """Say nothing."""


@contextmanager
def serving(database: Database) -> Iterator[ServedWorld]:
    """Serve the API of a new world until the block is left."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        world = ServedWorld(database, f"http://127.0.0.1:{port}")

        def counting(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
            world.asked.append(environ["QUERY_STRING"])
            return world.api(environ, start)

        server = make_server(
            "127.0.0.1",
            port,
            counting,
            threaded=True,
            request_handler=_Quiet,
            fd=listening.fileno(),
        )
        thread = threading.Thread(target=server.serve_forever, args=[0.05])
        thread.start()
        try:
            with world.http:
                yield world
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


def next_link(answer: httpx.Response) -> str:
    """Return the address of the next page as RFC 5988 tells it, or nothing."""
    return str(answer.links.get("next", {}).get("url", ""))
