"""A forward proxy between a client and the connector: counts, and holds a request."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

CHANGES = "/api/v1/findings/changes"
OF_THE_HOP = frozenset({"connection", "transfer-encoding", "content-length"})
PATIENCE_SECONDS = 60.0


@dataclass
class Gate:
    """The address of the proxy, and the pages of the feed it was asked for."""

    url: str = ""
    pages: list[str] = field(default_factory=list)
    held_from: int | None = None
    holds: threading.Event = field(default_factory=threading.Event)
    opened: threading.Event = field(default_factory=threading.Event)

    def watch(self) -> list[str]:
        """Return a list that gets the address of every page asked for from now on."""
        self.pages = []
        return self.pages

    @contextmanager
    def closed_behind(self, pages: int) -> Iterator[None]:
        """Let some pages through, and hold the request for the next one."""
        self.watch()
        self.held_from = pages
        self.holds.clear()
        self.opened.clear()
        try:
            yield
        finally:
            self.held_from = None
            self.opened.set()

    def lets_through(self, address: str) -> bool:
        """Note a request; one that is held is never answered."""
        if not address.startswith(CHANGES):
            return True
        self.pages.append(address)
        if self.held_from is None or len(self.pages) <= self.held_from:
            return True
        self.holds.set()
        self.opened.wait(PATIENCE_SECONDS)
        return False


@contextmanager
def gate() -> Iterator[Gate]:
    """Run the proxy until the block is left."""
    gate = Gate()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._pass_on()

        def do_POST(self) -> None:
            self._pass_on()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

        def _pass_on(self) -> None:
            url = urlsplit(self.path)
            address = f"{url.path}?{url.query}"
            if not gate.lets_through(address):
                return
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            onward = HTTPConnection(url.netloc, timeout=PATIENCE_SECONDS)
            onward.request(self.command, address, body, dict(self.headers))
            answer = onward.getresponse()
            content = answer.read()
            onward.close()
            self.send_response_only(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in OF_THE_HOP:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    gate.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield gate
    finally:
        gate.opened.set()
        server.shutdown()
        thread.join()
        server.server_close()
