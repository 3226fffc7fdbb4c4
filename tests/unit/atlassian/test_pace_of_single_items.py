"""The items of an archived space are asked for one by one: no slot may be idle."""

import asyncio
from dataclasses import dataclass

import httpx

from connector.atlassian.endpoints import PAGE_ANCESTORS
from connector.atlassian.leftovers import PORTION
from connector.atlassian.reader import ConfluenceReader, ReaderOptions, World
from tests.unit.atlassian.content_words import (
    EMPTY,
    OLD,
    PAGES,
    open_to_all,
    v2_page,
)
from tests.unit.atlassian.fake_confluence import (
    API,
    PREFIX,
    SITE,
    FakeBearer,
    listing,
)
from tests.unit.atlassian.virtual_time import in_virtual_time

LATENCY = 0.1
SLOTS = 10
ITEMS = 200
FOLDERS = ITEMS // PORTION


@dataclass
class ArchivedSpace:
    """Answers each call after some time, and counts those for single items."""

    single: int = 0

    async def answer(self, request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(LATENCY)
        path = request.url.path.removeprefix(PREFIX)
        if path == PAGES:
            return listing(*map(_page, range(1_000, 1_000 + ITEMS)))
        if path.endswith("/restriction"):
            self.single += 1
            return open_to_all()
        if path.endswith("/ancestors"):
            self.single += 1
            return listing({"id": path.split("/")[-2], "type": "folder"})
        return EMPTY


def _page(number: int) -> dict[str, object]:
    folder = str(number // PORTION)
    return v2_page(str(number), folder, parentType="folder", spaceId=OLD.id)


async def seconds_of_a_scan(space: ArchivedSpace) -> float:
    loop = asyncio.get_running_loop()
    reader = ConfluenceReader.open(
        API,
        SITE,
        FakeBearer(),
        ReaderOptions(concurrency=SLOTS, granted=frozenset({PAGE_ANCESTORS.scope})),
        World(httpx.MockTransport(space.answer), loop.time, asyncio.sleep),
    )
    began = loop.time()
    found = [len(page.found) async for page in reader.content([OLD])]
    assert sum(found) == ITEMS
    await reader.aclose()
    return loop.time() - began


def test_a_lone_listing_fills_all_slots_while_parents_are_asked_for() -> None:
    space = ArchivedSpace()

    seconds = in_virtual_time(seconds_of_a_scan(space))

    assert space.single == ITEMS + FOLDERS
    rounds = space.single / SLOTS
    assert seconds <= (rounds + 4) * LATENCY
