"""Eight clients in a process of their own, each asking for page after page."""

import asyncio
import re
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from benchmarks.child import report

CLIENTS = 8
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
NEXT = re.compile(rb"\r\nx-next-cursor: *([^\r]+)", re.IGNORECASE)
HEAD_LIMIT = 2**16


@dataclass(slots=True)
class Load:
    """What is asked of a server, and how long each answer took."""

    port: int
    path: str
    key: str
    latencies: list[float] = field(default_factory=list)

    async def put(self, pages: int) -> None:
        """Let all clients ask for so many pages together."""
        await asyncio.gather(*(self._ask(pages // CLIENTS) for _ in range(CLIENTS)))

    async def _ask(self, pages: int) -> None:
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", self.port, limit=HEAD_LIMIT
        )
        path = self.path
        for _ in range(pages):
            started = time.perf_counter()
            writer.write(
                f"GET {path} HTTP/1.1\r\nHost: localhost\r\n"
                f"X-API-Key: {self.key}\r\n\r\n".encode()
            )
            head = await reader.readuntil(b"\r\n\r\n")
            length = LENGTH.search(head)
            if b" 200 " not in head[:20] or length is None:
                raise RuntimeError(head[:200].decode())
            await reader.readexactly(int(length[1]))
            self.latencies.append(time.perf_counter() - started)
            cursor = NEXT.search(head)
            base = self.path.split("?")[0]
            path = f"{base}?cursor={cursor[1].decode()}" if cursor else self.path
        writer.close()

    @property
    def p99(self) -> float:
        """The latency that one answer in a hundred is beyond, in milliseconds."""
        return sorted(self.latencies)[int(len(self.latencies) * 0.99)] * 1000


def main(port: str, path: str, pages: str) -> None:
    """Put the load on a server; the key comes by standard input."""
    load = Load(int(port), path, sys.stdin.read().strip())

    def work() -> Mapping[str, float]:
        asyncio.run(load.put(int(pages)))
        return {"pages": len(load.latencies), "p99": load.p99}

    report(work)


if __name__ == "__main__":
    main(*sys.argv[1:])
