"""A receiver of webhooks on this machine that can misbehave; the path says how."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson

HANGING_SECONDS = 30.0
SLOW_SECONDS = 0.3


@dataclass(frozen=True)
class Received:
    """A request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        """The webhook-id."""
        return self.headers["webhook-id"]

    @property
    def document(self) -> dict[str, Any]:
        """The body, read."""
        document: dict[str, Any] = orjson.loads(self.body)
        return document


@dataclass
class Receiver:
    """What came, and what is answered: a status per path, or a misdeed.

    ``/STATUS`` answers that status until ``answers`` says otherwise for the path;
    ``/hangs``, ``/closes``, ``/drips`` and ``/slow`` do what they say.
    """

    url: str = ""
    answers: dict[str, int] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    got: list[Received] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def at(self, path: str) -> str:
        """Return the address of a path."""
        return f"{self.url}{path}"

    def of(self, path: str) -> list[Received]:
        """Return what came to a path."""
        with self.lock:
            return [each for each in self.got if each.path == path]

    def ids(self, path: str) -> list[str]:
        """Return which deliveries came to a path."""
        return [each.id for each in self.of(path)]


class Server(ThreadingHTTPServer):
    """Takes many connections at the same moment, for a receiver."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, receiver: Receiver) -> None:
        self.receiver = receiver
        super().__init__(("127.0.0.1", 0), Handler)


class Handler(BaseHTTPRequestHandler):
    """Notes what comes, and does what the path says."""

    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self) -> None:
        """Answer what a redirect would lead to."""
        self.do_POST()

    def do_POST(self) -> None:
        """Take a delivery."""
        receiver = self.server.receiver
        length = int(self.headers.get("Content-Length", "0"))
        headers = {name.lower(): text for name, text in self.headers.items()}
        body = self.rfile.read(length)
        with receiver.lock:
            receiver.got.append(Received(self.path, headers, body))
        self._behave(self.path.strip("/").partition("?")[0])

    def _behave(self, word: str) -> None:
        over = self.server.receiver.over
        if word == "hangs":
            over.wait(HANGING_SECONDS)
            self.close_connection = True
        elif word == "closes":
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
        elif word == "drips":
            self._drip(over)
        else:
            over.wait(SLOW_SECONDS if word == "slow" else 0)
            self._answer(int(word) if word.isdigit() else 200)

    def _answer(self, status: int) -> None:
        receiver = self.server.receiver
        self.send_response(receiver.answers.get(self.path, status))
        for name, text in receiver.headers.items():
            self.send_header(name, text)
        self.send_header("Content-Length", "2")
        self.end_headers()
        with suppress(OSError):
            self.wfile.write(b"ok")

    def _drip(self, over: threading.Event) -> None:
        """Send a header a byte at a time, for ever."""
        self.close_connection = True
        with suppress(OSError):
            self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
            while not over.wait(0.05):
                self.wfile.write(b"x")

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def receiving(tls: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """Run a receiver; with a TLS context it speaks https."""
    receiver = Receiver()
    server = Server(receiver)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    scheme = "http" if tls is None else "https"
    receiver.url = f"{scheme}://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.over.set()
        server.shutdown()
        thread.join()
        server.server_close()
