"""One full scan, then nothing but unpacking and decoding its answers, for B5."""

import sys
import time
import zlib
from collections.abc import Callable, Mapping
from typing import Any

from msgspec.json import Decoder

from benchmarks import crawl_side
from benchmarks.child import report
from connector.atlassian import content_payloads, payloads
from connector.atlassian.packed import Answer
from connector.atlassian.reader import World
from connector.atlassian.transport import AiohttpTransport

OK = 200
GZIP = 16 + zlib.MAX_WBITS
DECODERS: Mapping[str, Decoder[Any]] = {
    "/content/search": content_payloads.SEARCH,
    "/restriction": content_payloads.RESTRICTION,
    "/pages": content_payloads.PAGES,
    "/blogposts": content_payloads.PAGES,
    "/ancestors": content_payloads.ANCESTORS,
    "/membersByGroupId": payloads.USERS,
    "/user/bulk": payloads.USERS,
    "/users-bulk": payloads.USERS,
    "/permissions": payloads.PERMISSIONS,
    "/role-assignments": payloads.ASSIGNMENTS,
    "/v2/spaces": payloads.SPACES,
    "/api/group": payloads.GROUPS,
}
"""By how a path ends; a scan asks for little else."""


class Recorder(AiohttpTransport):
    """Keeps each answer as it was sent, beside what decodes it."""

    def __init__(self, url: str, connections: int) -> None:
        super().__init__(url, connections)
        self.answers: list[tuple[Decoder[Any], bool, bytes]] = []

    async def send(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None
    ) -> Answer:
        """Send a request and keep its answer."""
        answer = await super().send(method, url, headers, body)
        path = url.partition("?")[0]
        decoder = next((d for end, d in DECODERS.items() if path.endswith(end)), None)
        if answer.status == OK and decoder is not None:
            is_packed = "content-encoding" in answer.headers
            self.answers.append((decoder, is_packed, answer.packed))
        return answer

    def decode_all(self) -> int:
        """Unpack and decode every answer; returns how many there are."""
        for decoder, is_packed, body in self.answers:
            decoder.decode(zlib.decompress(body, GZIP) if is_packed else body)
        return len(self.answers)


def main(*arguments: str) -> None:
    """Scan as for the other rows, then decode the answers alone."""
    _, url, _, _, in_flight, *_ = arguments
    recorder = Recorder(url, int(in_flight))
    scan = _cpu_of(lambda: crawl_side.main(*arguments, world=World(transport=recorder)))
    recorder.decode_all()
    floor = _cpu_of(recorder.decode_all)
    report(lambda: {"scan": scan, "floor": floor, "answers": len(recorder.answers)})


def _cpu_of(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


if __name__ == "__main__":
    main(*sys.argv[1:])
