"""`casb serve` as the processes it really is, and a person before its pages."""

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.e2e.operator import Operator
from tests.fakes.plain_http import is_ready

CASB = Path(sys.executable).with_name("casb")
PATIENCE_SECONDS = 150.0
TOKEN = re.compile(r'name="token" value="([^"]+)"')


@dataclass(frozen=True, slots=True)
class Served:
    """A running `casb serve` and where its output goes."""

    process: subprocess.Popen[bytes]
    public_url: str
    output: Path

    @property
    def said(self) -> str:
        """Return everything it has printed."""
        return self.output.read_text("utf-8")


@contextmanager
def casb_serve(operator: Operator, *options: str) -> Iterator[Served]:
    """Serve an operator's application until the block is left."""
    environment = {f"CASB_{name}": value for name, value in operator.settings.items()}
    output = operator.folder / "serve.log"
    with output.open("wb") as file:
        process = subprocess.Popen(  # noqa: S603 - our own command
            [str(CASB), *options, "serve"],
            cwd=operator.folder,
            env=environment | {"HOME": str(operator.folder)},
            stdout=file,
            stderr=subprocess.STDOUT,
        )
        served = Served(process, operator.settings["PUBLIC_URL"], output)
        try:
            _wait(served)
            yield served
        finally:
            process.terminate()
            process.wait(PATIENCE_SECONDS)


def sign_in(browser: httpx.Client, password: str) -> httpx.Response:
    """Sign in as the administrator."""
    form = {"name": "admin", "password": password}
    return send(browser, "/login", "/login", **form)


def send(browser: httpx.Client, page: str, path: str, **form: str) -> httpx.Response:
    """Open a page and send the form in it to a path."""
    found = TOKEN.search(browser.get(page).text)
    assert found is not None
    return browser.post(path, data={"token": found[1], **form})


def go_on(browser: httpx.Client, leaving: httpx.Response) -> httpx.Response:
    """Follow the page that leads to Atlassian, as a browser does by itself."""
    found = re.search(r'content="0;url=([^"]+)"', leaving.text)
    assert found is not None
    return browser.get(found[1].replace("&amp;", "&"))


def _wait(served: Served) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline and served.process.poll() is None:
        if is_ready(f"{served.public_url}/readyz"):
            return
        time.sleep(0.1)
    raise AssertionError(served.said)
