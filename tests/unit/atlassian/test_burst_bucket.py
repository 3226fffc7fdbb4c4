"""Readers of one site share a bucket that none of them sees, in virtual time."""

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, field

import httpx
import pytest

from connector.atlassian.reader import ConfluenceReader, ReaderOptions, World
from tests.unit.atlassian.fake_confluence import API, SITE, FakeBearer, listing, user
from tests.unit.atlassian.virtual_time import in_virtual_time

SECONDS = 40.0
LATENCY = 0.1
UNITS = 24
BURST = {"Retry-After": "1", "RateLimit-Reason": "confluence-burst-based"}


@dataclass
class Bucket:
    """An endpoint that bears so many calls a second; it begins full."""

    per_second: float
    chance: random.Random
    answers: Counter[int] = field(default_factory=Counter)
    level: float = 0.0
    last: float = 0.0

    async def answer(self, request: httpx.Request) -> httpx.Response:
        now = asyncio.get_running_loop().time()
        since = now - self.last
        self.level = min(self.per_second, self.level + since * self.per_second)
        self.last = now
        is_borne = self.level >= 1
        self.level -= is_borne
        await asyncio.sleep(LATENCY * self.chance.uniform(0.5, 1.5))
        self.answers[200 if is_borne else 429] += 1
        page = listing(user("ann"))
        return page if is_borne else httpx.Response(429, content=b"{}", headers=BURST)


async def call_for_a_while(bucket: Bucket, readers: int) -> None:
    """Let some readers, each with its own throttle, call as often as they may."""
    loop = asyncio.get_running_loop()
    end = loop.time() + SECONDS

    async def unit(reader: ConfluenceReader) -> None:
        while loop.time() < end:
            assert not (await reader.group_members("g")).coverage.gaps

    opened = [
        ConfluenceReader.open(
            API,
            SITE,
            FakeBearer(),
            ReaderOptions(concurrency=10),
            World(
                httpx.MockTransport(bucket.answer),
                loop.time,
                asyncio.sleep,
                bucket.chance.random,
            ),
        )
        for _ in range(readers)
    ]
    await asyncio.gather(*(unit(reader) for reader in opened for _ in range(UNITS)))


@pytest.mark.parametrize(("readers", "refused"), [(1, 0.012), (2, 0.02)])
@pytest.mark.parametrize("seed", [1, 2])
def test_what_the_bucket_bears_is_used_and_little_is_refused(
    readers: int, refused: float, seed: int
) -> None:
    bucket = Bucket(50.0, random.Random(seed))  # noqa: S311 - no secret

    in_virtual_time(call_for_a_while(bucket, readers))

    allowed = bucket.per_second * SECONDS
    assert bucket.answers[200] / allowed >= 0.95
    assert bucket.answers[429] / bucket.answers.total() <= refused
