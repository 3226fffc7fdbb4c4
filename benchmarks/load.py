"""Clients in a process of their own, each asking for page after page.

They share the machine with the server they measure. So one thread waits for all of
them, reads what comes into the same memory, and looks at nothing but the heads.
"""

import re
import selectors
import socket
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from benchmarks.child import report

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
NEXT = re.compile(rb"\r\nx-next-cursor: *([^\r]+)", re.IGNORECASE)
HEAD_ENDS = b"\r\n\r\n"
PATIENCE_SECONDS = 60
READ_AT_ONCE = 2**20


@dataclass(slots=True)
class Asking:
    """One client: what it asks for next, and how much of an answer is to come.

    ``due`` is None until the head of the answer is there.
    """

    port: int
    start: str
    key: str
    pages: int
    latencies: list[float] = field(default_factory=list)
    head: bytes = b""
    due: int | None = None
    path: str = ""
    asked_at: float = 0
    connection: socket.socket = field(init=False)

    def __post_init__(self) -> None:
        self.connection = socket.create_connection(("127.0.0.1", self.port))
        self.connection.settimeout(0)
        self.path = self.start

    def ask(self) -> None:
        """Ask for the next page."""
        self.head, self.due = b"", None
        self.asked_at = time.perf_counter()
        self.connection.send(
            f"GET {self.path} HTTP/1.1\r\nHost: localhost\r\n"
            f"X-API-Key: {self.key}\r\n\r\n".encode()
        )

    def read(self, memory: memoryview) -> bool:
        """Read what is there; returns whether this client has all its pages."""
        size = self.connection.recv_into(memory)
        if not size:
            raise RuntimeError(f"the server hung up: {self.head[:200].decode()}")
        if self.due is None:
            self._begin(bytes(memory[:size]))
        else:
            self.due -= size
        if self.due != 0:
            return False
        self.latencies.append(time.perf_counter() - self.asked_at)
        if len(self.latencies) == self.pages:
            return True
        self._turn()
        self.ask()
        return False

    def _begin(self, piece: bytes) -> None:
        self.head += piece
        end = self.head.find(HEAD_ENDS)
        if end < 0:
            return
        beyond = len(self.head) - end - len(HEAD_ENDS)
        self.head = self.head[: end + 2]
        length = LENGTH.search(self.head)
        if b" 200 " not in self.head[:20] or length is None:
            raise RuntimeError(self.head[:200].decode())
        self.due = int(length[1]) - beyond

    def _turn(self) -> None:
        cursor = NEXT.search(self.head)
        base = self.start.split("?")[0]
        self.path = f"{base}?cursor={cursor[1].decode()}" if cursor else self.start


def put(clients: list[Asking]) -> list[float]:
    """Let clients ask, all at once; returns how long each answer took, in order."""
    memory = memoryview(bytearray(READ_AT_ONCE))
    with selectors.DefaultSelector() as ready:
        for client in clients:
            ready.register(client.connection, selectors.EVENT_READ, client)
            client.ask()
        while ready.get_map():
            events = ready.select(PATIENCE_SECONDS)
            if not events:
                raise RuntimeError(f"no answer within {PATIENCE_SECONDS} seconds")
            for key, _ in events:
                if key.data.read(memory):
                    ready.unregister(key.fileobj)
                    key.data.connection.close()
    return sorted(latency for client in clients for latency in client.latencies)


def main(port: str, path: str, pages: str, clients: str) -> None:
    """Put the load on a server; the key comes by standard input."""
    key, number = sys.stdin.read().strip(), int(clients)
    asking = [Asking(int(port), path, key, int(pages) // number) for _ in range(number)]

    def work() -> Mapping[str, float]:
        before = time.process_time()
        took = put(asking)
        return {
            "pages": len(took),
            "p50": took[len(took) // 2] * 1000,
            "p99": took[int(len(took) * 0.99)] * 1000,
            "work": time.process_time() - before,
        }

    report(work)


if __name__ == "__main__":
    main(*sys.argv[1:])
