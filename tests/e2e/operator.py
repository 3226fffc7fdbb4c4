"""An operator with a terminal, and an administrator's browser beside it."""

import io
import re
import shutil
import threading
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from cryptography.fernet import Fernet

from casb_sdk.cloud import RunningCloud
from connector.cli.demo_world import free_port
from connector.cli.main import run
from tests.fakes.logs import logs_of_its_own
from tests.fakes.plain_http import plain_client
from tests.fakes.stores import migrate_file

LINK = re.compile(r"http://\S+/install\?ticket=[\w-]+")
Browse = Callable[[str], object]
Change = Callable[[httpx.URL], httpx.URL]


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        """What stands on stderr, on one line."""
        return " ".join(self.err.split())

    @property
    def json(self) -> Any:
        """The one JSON document on stdout."""
        return orjson.loads(self.out)

    @property
    def lines(self) -> list[Any]:
        """The JSON lines on stdout."""
        return [orjson.loads(line) for line in self.out.splitlines()]


class Terminal(io.StringIO):
    """Takes what a command prints; whoever sees a link there opens it."""

    def __init__(self, browse: Browse | None = None) -> None:
        super().__init__()
        self._browse = browse
        self.browsing: threading.Thread | None = None

    def write(self, text: str) -> int:
        """Take some text."""
        written = super().write(text)
        found = LINK.search(self.getvalue()) if self._browse else None
        if found and self.browsing is None and self._browse:
            self.browsing = threading.Thread(target=self._browse, args=[found[0]])
            self.browsing.start()
        return written


class Operator:
    """Runs `casb` in a folder, with settings of its own."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self.settings = {
            "SECRET_KEY": "signs the cookies of this test",
            "TOKEN_KEYS": Fernet.generate_key().decode(),
            "PUBLIC_URL": f"http://localhost:{free_port()}",
        } | settings

    def connected_to(self, atlassian: RunningCloud) -> "Operator":
        """Point the settings at a cloud."""
        self.settings |= {
            "ATLASSIAN_AUTH_URL": atlassian.auth_url,
            "ATLASSIAN_API_URL": atlassian.api_url,
            "ATLASSIAN_CLIENT_ID": atlassian.app.client_id,
            "ATLASSIAN_CLIENT_SECRET": atlassian.app.client_secret,
        }
        return self

    def migrated(self) -> "Operator":
        """Give it an empty database at the newest schema, made once for all tests."""
        migrate_file(self.folder / "casb.db")
        return self

    @property
    def environment(self) -> dict[str, str]:
        """The settings as the environment of a process."""
        return {f"CASB_{name}": value for name, value in self.settings.items()}

    def copied_to(self, folder: Path) -> "Operator":
        """Return an operator whose database goes on from here without this one's."""
        shutil.copy(self.folder / "casb.db", folder / "casb.db")
        copy = Operator(folder)
        copy.settings = dict(self.settings)
        return copy

    def casb(
        self, *arguments: str, browse: Browse | None = None, **settings: str
    ) -> Ended:
        """Run a command; ``browse`` opens the link that it prints."""
        out, err = Terminal(browse), Terminal()
        with pytest.MonkeyPatch.context() as world:
            world.chdir(self.folder)
            for name, value in (self.settings | settings).items():
                world.setenv(f"CASB_{name}", value)
            with logs_of_its_own(), redirect_stdout(out), redirect_stderr(err):
                code = run(arguments)
        if out.browsing:
            out.browsing.join()
        return Ended(code, out.getvalue(), err.getvalue())


def accept(link: str) -> httpx.Response:
    """Open a link and follow it to the end, as a browser does."""
    with plain_client(follow_redirects=True) as browser:
        return browser.get(link)


def accept_instead(link: str, change: Change) -> None:
    """Follow a link to Atlassian, but ask there for something else."""
    with plain_client() as browser:
        address = httpx.URL(browser.get(link).headers["Location"])
        browser.get(change(address), follow_redirects=True)


def findings(operator: Operator, *filters: str) -> list[dict[str, Any]]:
    """Return findings as the operator's JSON has them."""
    found: list[dict[str, Any]] = operator.casb("findings", *filters, "--json").json
    return found
