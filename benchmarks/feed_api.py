"""The export API over a feed, asked within this process or served by gunicorn."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.request import urlopen

from cryptography.fernet import Fernet
from flask import Flask
from werkzeug.test import create_environ, run_wsgi_app

from benchmarks.feeds import SITE
from connector.bootstrap.application import Application, application_over
from connector.bootstrap.exporting import consumers_api, manage_clients
from connector.domain.client import RateLimit, Scope
from connector.settings import load_settings
from connector.store.database import Database
from connector.use_cases.manage_clients import ClientOrder

CHANGES = "/api/v1/findings/changes"
WORKERS = 2
"""As the Procfile has it."""
PATIENCE_SECONDS = 60
NO_LIMIT = RateLimit(1_000_000_000)
SCOPES = frozenset({Scope.FINDINGS_READ, Scope.FINDINGS_EVIDENCE})


@dataclass(frozen=True)
class FeedApi:
    """A database with a feed, and the settings of a deployment over it."""

    database: Database

    @cached_property
    def environment(self) -> dict[str, str]:
        """The settings."""
        url = self.database.engines.writer.url
        return {
            "CASB_DATABASE_URL": url.render_as_string(hide_password=False),
            "CASB_TOKEN_KEYS": Fernet.generate_key().decode(),
            "CASB_SECRET_KEY": "signs cookies",
            "CASB_PUBLIC_URL": "http://127.0.0.1",
            "CASB_ATLASSIAN_CLIENT_ID": "client",
            "CASB_ATLASSIAN_CLIENT_SECRET": "secret",
        }

    @cached_property
    def key(self) -> str:
        """The API key of a client that may see everything, as often as it likes."""
        order = ClientOrder("bench", (SITE.cloud_id,), SCOPES, limit=NO_LIMIT)
        return manage_clients(self._application).create(order).api_key

    @cached_property
    def _application(self) -> Application:
        return application_over(load_settings(self.environment), self.database.begin)

    @cached_property
    def _flask(self) -> Flask:
        return consumers_api(self._application)

    def seconds(self, after: int, limit: int) -> float:
        """Return how long the handler alone takes for a page."""
        started = time.perf_counter()
        self.page(after, limit)
        return time.perf_counter() - started

    def page(self, after: int, limit: int) -> bytes:
        """Return a page as the handler alone makes it."""
        headers = {"X-API-Key": self.key}
        path = f"{CHANGES}?after_seq={after}&limit={limit}"
        environ = create_environ(path, headers=headers)
        body, status, _ = run_wsgi_app(self._flask, environ, buffered=True)
        if not status.startswith("200"):
            raise RuntimeError(f"{path}: {status}")
        return b"".join(body)

    @contextmanager
    def served(self) -> Iterator[int]:
        """Serve the application as shipped, and yield the port."""
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = int(free.getsockname()[1])
        server = subprocess.Popen(  # noqa: S603 - our own server
            [
                *(sys.executable, "-m", "gunicorn"),
                *("--config", "python:connector.web.gunicorn_conf"),
                *("--workers", str(WORKERS), "--bind", f"127.0.0.1:{port}"),
                "connector.app:create_app()",
            ],
            env=self.environment,
            cwd=Path(__file__).parents[1],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            wait_for(port, "/healthz")
            yield port
        finally:
            server.terminate()
            server.wait(PATIENCE_SECONDS)


def wait_for(port: int, path: str) -> None:
    """Wait until somebody answers at a port of this machine."""
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        try:
            urlopen(f"http://127.0.0.1:{port}{path}", timeout=5).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"nothing answers at port {port}")
