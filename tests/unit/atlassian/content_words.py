"""The words of the tests about the content of a shard."""

from typing import Any

import httpx

from casb_sdk import Gap, Space
from connector.atlassian.reader import ReaderOptions
from connector.domain.reading import ContentPage
from tests.unit.atlassian.fake_confluence import (
    V1,
    V2,
    Answer,
    FakeConfluence,
    listing,
    operation,
)

DOCS = Space("1", "DOCS")
OLD = Space("9", "OLD", status="archived")
SEARCH = f"{V1}/content/search"
PAGES = f"{V2}/pages"
POSTS = f"{V2}/blogposts"
EMPTY = listing()


def restriction_of(id_: str) -> str:
    return f"{V1}/content/{id_}/restriction"


def open_to_all() -> httpx.Response:
    return listing(operation("read", []), operation("update", []))


def v2_page(id_: str, parent: str | None = None, **more: Any) -> dict[str, Any]:
    return {
        "id": id_,
        "status": "archived",
        "title": f"T{id_}",
        "spaceId": "1",
        "parentId": parent,
        "parentType": "page" if parent else None,
        "version": {"number": 3},
    } | more


def confluence(
    search: Answer = EMPTY, pages: Answer = EMPTY, posts: Answer = EMPTY
) -> FakeConfluence:
    return (
        FakeConfluence()
        .answers(SEARCH, search)
        .answers(PAGES, pages)
        .answers(POSTS, posts)
    )


async def pages_of(
    site: FakeConfluence,
    *spaces: Space,
    resume: str | None = None,
    options: ReaderOptions | None = None,
) -> list[ContentPage]:
    reader = site.reader(options)
    try:
        return [page async for page in reader.content(spaces or (DOCS,), resume)]
    finally:
        await reader.aclose()


def found_ids(pages: list[ContentPage]) -> list[str]:
    return [entry.item.id for page in pages for entry in page.found]


def gaps(pages: list[ContentPage]) -> set[Gap]:
    return {gap for page in pages for gap in page.coverage.gaps}
