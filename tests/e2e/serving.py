"""`casb serve` as the processes it really is, and a person before its pages."""

import re
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx

from tests.e2e.operator import Operator
from tests.fakes.commands import Command, Order, Start, forked, running_command
from tests.fakes.plain_http import is_ready

PATIENCE_SECONDS = 150.0
TOKEN = re.compile(r'name="token" value="([^"]+)"')


@dataclass(frozen=True, slots=True)
class Served:
    """A running `casb serve` and where its output goes."""

    command: Command
    public_url: str

    @property
    def said(self) -> str:
        """Return everything it has printed."""
        return self.command.out


@contextmanager
def casb_serve(
    operator: Operator, *options: str, start: Start = forked
) -> Iterator[Served]:
    """Serve an operator's application until the block is left."""
    folder = operator.folder
    environment = operator.environment | dict.fromkeys(("HOME", "TMPDIR"), str(folder))
    log = folder / "serve.log"
    order = Order((*options, "serve"), folder, environment, log, log)
    with running_command(order, start) as command:
        served = Served(command, operator.settings["PUBLIC_URL"])
        _wait(served)
        yield served
        command.tell(signal.SIGTERM)
        command.wait(PATIENCE_SECONDS)


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
    while time.monotonic() < deadline and served.command.poll() is None:
        if is_ready(f"{served.public_url}/readyz"):
            return
        time.sleep(0.1)
    raise AssertionError(served.said)
