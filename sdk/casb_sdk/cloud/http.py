"""HTTP/1.1 on a raw asyncio protocol: keep-alive, one answer at a time."""

import asyncio
import gzip
import zlib
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Protocol, cast
from urllib.parse import unquote

HEAD_LIMIT = 128 * 1024
BODY_LIMIT = 16 * 1024 * 1024
WORTH_PACKING = 512
PACKING_LEVEL = 3
JSON_TYPE = "application/json"
REASONS = {status.value: status.phrase for status in HTTPStatus}


@dataclass(slots=True)
class Request:
    """A request as it came in; ``path`` is percent-decoded, ``query`` is not."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes = b""
    path: str = field(init=False)
    query: str = field(init=False)

    def __post_init__(self) -> None:
        """Split the target once."""
        path, _, self.query = self.target.partition("?")
        self.path = unquote(path) if "%" in path else path


@dataclass(slots=True)
class Reply:
    """An answer; ``packed`` holds the body in gzip where it is kept that way.

    ``delay`` puts off the first byte. ``cut_after`` closes the connection after
    that many bytes of the body, 0 before anything is sent.
    """

    status: int = 200
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    content_type: str = JSON_TYPE
    packed: bytes = b""
    delay: float = 0.0
    cut_after: int | None = None

    def packed_twin(self) -> "Reply":
        """Return the same answer holding its body in gzip only."""
        packed = self.packed or _packed(self.body)
        return Reply(self.status, b"", self.headers, self.content_type, packed)

    def plain_body(self) -> bytes:
        """Return the body as the handler wrote it."""
        return gzip.decompress(self.packed) if self.packed else self.body

    def wire(self, *, accepts_gzip: bool, close: bool) -> tuple[bytes, bytes]:
        """Return the head and the body as they go over the wire."""
        lines = [f"HTTP/1.1 {self.status} {REASONS.get(self.status, 'Unknown')}"]
        body = self.packed if accepts_gzip else b""
        if not body:
            body = self.plain_body()
            if accepts_gzip and len(body) > WORTH_PACKING:
                body = self.packed = _packed(body)
        if accepts_gzip and self.packed:
            lines.append("Content-Encoding: gzip")
        lines.append(f"Content-Type: {self.content_type}")
        lines.append(f"Content-Length: {len(body)}")
        lines.extend(f"{name}: {value}" for name, value in self.headers)
        if close:
            lines.append("Connection: close")
        lines.append("\r\n")
        return "\r\n".join(lines).encode("latin-1", "replace"), body


class App(Protocol):
    """What answers the requests."""

    def started(self) -> None:
        """Take note that the server listens, in the thread that will serve."""

    def stopped(self) -> None:
        """Take note that the server is about to end, in the thread that served."""

    def answer(self, request: Request) -> Reply:
        """Return the answer to a request; it may ask to be delayed."""

    def finished(self, request: Request) -> None:
        """Take note that an answer has left, or that its caller has gone."""


class BadRequestError(Exception):
    """A request that is not HTTP as we serve it."""


class HttpProtocol(asyncio.Protocol):
    """One connection; it stands among the ``others`` for as long as it is open."""

    def __init__(
        self,
        app: App,
        loop: asyncio.AbstractEventLoop,
        others: "set[HttpProtocol]",
    ) -> None:
        self._app = app
        self._loop = loop
        self._others = others
        self._buffer = bytearray()
        self._transport: asyncio.Transport | None = None
        self._pending: tuple[Request, asyncio.TimerHandle] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast(asyncio.Transport, transport)
        self._others.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget an answer nobody waits for any more."""
        self._others.discard(self)
        self._transport = None
        if self._pending:
            request, timer = self._pending
            timer.cancel()
            self._app.finished(request)

    def abort(self) -> None:
        """Close the connection at once."""
        if self._transport is not None:
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        """Collect bytes and answer every whole request among them."""
        self._buffer += data
        self._go_on()

    def _go_on(self) -> None:
        while self._pending is None and self._transport is not None:
            try:
                request = self._take_request()
            except (BadRequestError, ValueError):
                self._buffer.clear()
                self._send(Request("GET", "/", {"connection": "close"}), Reply(400))
                return
            if request is None:
                return
            self._serve(request)

    def _serve(self, request: Request) -> None:
        reply = self._app.answer(request)
        if reply.delay > 0:
            timer = self._loop.call_later(reply.delay, self._send_later, request, reply)
            self._pending = request, timer
            return
        self._send(request, reply)
        self._app.finished(request)

    def _send_later(self, request: Request, reply: Reply) -> None:
        self._pending = None
        self._send(request, reply)
        self._app.finished(request)
        self._go_on()

    def _send(self, request: Request, reply: Reply) -> None:
        transport = self._transport
        if transport is None:
            return
        if reply.cut_after == 0:
            transport.abort()
            return
        close = request.headers.get("connection", "").lower() == "close"
        accepts_gzip = "gzip" in request.headers.get("accept-encoding", "")
        head, body = reply.wire(accepts_gzip=accepts_gzip, close=close)
        transport.write(head + body[: reply.cut_after])
        if close or reply.cut_after is not None:
            transport.close()

    def _take_request(self) -> Request | None:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            if len(self._buffer) > HEAD_LIMIT:
                raise BadRequestError
            return None
        head = self._buffer[:end].decode("latin-1")
        first, *lines = head.split("\r\n")
        headers = {}
        for line in lines:
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        length = int(headers.get("content-length", 0))
        if length > BODY_LIMIT or "transfer-encoding" in headers:
            raise BadRequestError
        if len(self._buffer) < end + 4 + length:
            return None
        method, target, _ = first.split(" ")
        body = bytes(self._buffer[end + 4 : end + 4 + length])
        del self._buffer[: end + 4 + length]
        return Request(method, target, headers, body)


def _packed(body: bytes) -> bytes:
    return zlib.compress(body, PACKING_LEVEL, wbits=31)
