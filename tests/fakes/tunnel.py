"""A proxy on this machine that opens tunnels, and remembers where to."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Tunnel:
    """The address of a proxy, and where it was asked to lead."""

    url: str = ""
    asked_for: list[str] = field(default_factory=list)


@contextmanager
def tunnelling() -> Iterator[Tunnel]:
    """Run a proxy for CONNECT."""
    tunnel = Tunnel()

    class Handler(BaseHTTPRequestHandler):
        def do_CONNECT(self) -> None:
            tunnel.asked_for.append(self.path)
            host, _, port = self.path.rpartition(":")
            with socket.create_connection((host, int(port)), 5) as onward:
                self.send_response(200)
                self.end_headers()
                there = threading.Thread(
                    target=_pump, args=(self.connection, onward), daemon=True
                )
                there.start()
                _pump(onward, self.connection)
                there.join(5)
            self.close_connection = True

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    tunnel.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield tunnel
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65_536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
