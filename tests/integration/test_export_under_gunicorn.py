"""The API as shipped: gunicorn with several workers over one database."""

import json
import shutil
import signal
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from cryptography.fernet import Fernet

from connector.domain.client import RateLimit
from connector.store.database import Database
from connector.use_cases.manage_clients import Issued
from tests.fakes.commands import Order, running_command
from tests.fakes.plain_http import is_ready, plain_client
from tests.fakes.stores import migrated_file
from tests.unit.web.api.export_world import ACME, CHANGES, ExportWorld

__all__ = ["migrated_file"]

PATIENCE_SECONDS = 40.0
TOKEN_KEY = Fernet.generate_key().decode()


@dataclass(frozen=True, slots=True)
class Served:
    """A deployment that listens, and the world it is in."""

    world: ExportWorld
    url: str

    def get(self, path: str, issued: Issued, **rest: str) -> httpx.Response:
        """Ask over real HTTP."""
        headers = {"Authorization": f"Bearer {issued.api_key}", **rest}
        with plain_client(timeout=30) as client:
            return client.get(f"{self.url}{path}", headers=headers)


@pytest.fixture(scope="module")
def served(
    migrated_file: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """Serve an API with two workers."""
    folder = tmp_path_factory.mktemp("served")
    shutil.copy(migrated_file, folder / "casb.db")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    environment = {
        "CASB_DATABASE_URL": f"sqlite:///{folder / 'casb.db'}",
        "CASB_TOKEN_KEYS": TOKEN_KEY,
        "CASB_SECRET_KEY": "signs cookies",
        "CASB_PUBLIC_URL": url,
        "CASB_ATLASSIAN_CLIENT_ID": "client",
        "CASB_ATLASSIAN_CLIENT_SECRET": "secret",
    }
    database = Database.open(environment["CASB_DATABASE_URL"], [TOKEN_KEY])
    world = ExportWorld(database, CASB_TOKEN_KEYS=TOKEN_KEY, CASB_PUBLIC_URL=url)
    for page in range(300):
        world.happens(str(page))
    arguments = ("--config", "python:connector.web.gunicorn_conf", "--workers", "2")
    bound = ("--bind", f"127.0.0.1:{port}", "connector.app:create_app()")
    log = folder / "gunicorn.log"
    order = Order((*arguments, *bound), folder, environment, log, log, "gunicorn")
    with closing(database), running_command(order) as command:
        wait_for(f"{url}/healthz")
        yield Served(world, url)
        command.tell(signal.SIGTERM)
        assert command.wait(PATIENCE_SECONDS) == 0


def wait_for(url: str) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        if is_ready(url):
            return
        time.sleep(0.2)
    raise AssertionError(f"nothing answers at {url}")


@pytest.mark.parametrize("path", ["/api/v1/sites", CHANGES])
def test_a_limit_holds_across_all_workers(served: Served, path: str) -> None:
    issued = served.world.client(ACME, limit=RateLimit(20))

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: served.get(path, issued), range(40)))

    statuses = [answer.status_code for answer in answers]
    assert statuses.count(200) == 20
    assert statuses.count(429) == 20
    left = [int(answer.headers["X-RateLimit-Remaining"]) for answer in answers]
    assert sorted(left) == [0] * 20 + list(range(20))
    with served.world.database.begin(write=False) as stores:
        pulls = stores.clients.pulls(issued.client.id)
    assert len(pulls) == (20 if path == CHANGES else 0)


def test_rows_stream_in_chunks_and_end_properly(served: Served) -> None:
    issued = served.world.client(ACME)

    for encoding in ("identity", "gzip"):
        path = "/api/v1/findings/snapshot?format=ndjson"
        answer = served.get(path, issued, **{"Accept-Encoding": encoding})
        assert answer.headers["Transfer-Encoding"] == "chunked"
        rows = [json.loads(line) for line in answer.text.splitlines()]
        assert len(rows) == 300


def test_a_consumer_gets_a_token_and_follows_the_feed(served: Served) -> None:
    issued = served.world.client(ACME)
    form = {
        "grant_type": "client_credentials",
        "client_id": issued.client.id,
        "client_secret": issued.oauth_secret,
    }
    with plain_client(timeout=30) as client:
        token = client.post(f"{served.url}/oauth/token", data=form).json()
        headers = {"Authorization": f"Bearer {token['access_token']}"}
        rows, address = [], f"{served.url}{CHANGES}?limit=70"
        while address:
            page = client.get(address, headers=headers).json()
            rows += page["items"]
            address = page["links"].get("next", "")

    assert [row["change_seq"] for row in rows] == list(range(1, 301))


def test_a_revocation_counts_in_every_worker_at_once(served: Served) -> None:
    issued = served.world.client(ACME)
    assert served.get("/api/v1/sites", issued).status_code == 200

    served.world.clients.revoke(issued.client.name)

    statuses = {served.get("/api/v1/sites", issued).status_code for _ in range(10)}
    assert statuses == {401}
