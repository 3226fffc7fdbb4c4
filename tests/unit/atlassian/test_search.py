"""What a search learns of the site it is asked on."""

import asyncio

import httpx

from casb_sdk import Gap, GapKind, Space
from connector.atlassian.capabilities import Query, SearchCapabilities
from connector.atlassian.reader import ReaderOptions
from tests.unit.atlassian.content_words import (
    DOCS,
    EMPTY,
    SEARCH,
    confluence,
    found_ids,
    gaps,
    pages_of,
)
from tests.unit.atlassian.fake_confluence import (
    Answer,
    by_query,
    item,
    listing,
    query_of,
    status,
)


def two_pages() -> Answer:
    link = "/rest/api/content/search?next=true&cursor=c1&limit=200&start=200&cql=x"
    return by_query(
        "cursor", {"": listing(item("1"), following=link), "c1": listing(item("2"))}
    )


async def test_a_refused_type_is_dropped_and_told() -> None:
    refusal = status(
        400,
        "Unsupported value for type, got : embed, expected one of : [page, blogpost]",
    )
    site = confluence()
    site.answers(SEARCH, refusal, listing(item("1")))
    reader = site.reader()

    pages = [page async for page in reader.content([DOCS])]
    await reader.aclose()

    assert found_ids(pages) == ["1"]
    assert gaps(pages) == {
        Gap(GapKind.CONTENT_TYPE, type_, "400")
        for type_ in ("whiteboard", "database", "embed", "folder")
    }
    assert reader.capabilities.query.types == ("page", "blogpost")
    assert reader.capabilities.is_proven


async def test_what_a_site_bears_is_found_out_once_by_shards_at_work_together() -> None:
    def search(request: httpx.Request) -> httpx.Response:
        if "folder" in query_of(request)["cql"]:
            return status(400, "value for type, got : folder, expected one of : [page]")
        return EMPTY

    site = confluence(search)
    reader = site.reader()

    async def read(space: Space) -> None:
        async for _ in reader.content([space]):
            pass

    await asyncio.gather(*(read(Space(str(n), f"S{n}")) for n in range(8)))
    await reader.aclose()

    assert len(site.queries(SEARCH)) == 8 + 1


async def test_what_is_known_is_not_found_out_again() -> None:
    known = SearchCapabilities(Query(150, ("page",)), 150, is_proven=True)
    site = confluence(two_pages())

    await pages_of(site, options=ReaderOptions(capabilities=known))

    assert [q["limit"] for q in site.queries(SEARCH)] == ["150", "150"]
    assert "type in (page)" in site.queries(SEARCH)[0]["cql"]


async def test_a_page_that_is_too_much_is_halved_and_the_stage_begins_again() -> None:
    def search(request: httpx.Request) -> httpx.Response:
        if int(query_of(request)["limit"]) > 250:
            return status(504)
        return listing(item("1"), limit=250)

    site = confluence(search)
    reader = site.reader()

    pages = [page async for page in reader.content([DOCS])]
    await reader.aclose()

    assert found_ids(pages) == ["1"]
    assert not gaps(pages)
    assert reader.capabilities.query.limit == 250
    limits = [int(q["limit"]) for q in site.queries(SEARCH)]
    assert limits == [1000, 1000, 1000, 500, 500, 500, 250]


async def test_a_search_that_fails_midway_goes_on_smaller() -> None:
    link = "/rest/api/content/search?cursor=c1"

    def search(request: httpx.Request) -> httpx.Response:
        asked = query_of(request)
        if "cursor" not in asked:
            return listing(item("1"), following=link, limit=100)
        return status(504) if asked["limit"] == "1000" else listing(item("2"))

    pages = await pages_of(confluence(search))

    assert sorted(set(found_ids(pages))) == ["1", "2"]
    assert not gaps(pages)


async def test_what_did_not_help_is_not_learnt() -> None:
    site = confluence(status(400, "no space with the key GONE"))
    reader = site.reader()

    pages = [page async for page in reader.content([DOCS])]
    await reader.aclose()

    assert [gap.reason for page in pages for gap in page.coverage.gaps] == ["400"]
    assert reader.capabilities == SearchCapabilities()


async def test_a_space_nobody_can_query_does_not_hide_the_others() -> None:
    def search(request: httpx.Request) -> httpx.Response:
        cql = query_of(request)["cql"]
        if "GONE" in cql:
            return status(400, "no space with this key")
        [number] = [n for n in "123" if f"S{n}" in cql]
        return listing(item(number, space={"id": number, "key": f"S{number}"}))

    spaces = [Space(n, f"S{n}") for n in "12"] + [Space("8", "GONE"), Space("3", "S3")]
    site = confluence(search)
    reader = site.reader()

    pages = [page async for page in reader.content(spaces)]
    rest = [page async for page in reader.content(spaces, pages[1].resume)]
    await reader.aclose()

    assert found_ids(pages) == ["1", "2", "3"]
    assert found_ids(rest) == ["2", "3"]
    assert gaps(pages) == {Gap(GapKind.CONTENT, "8", "400")}
    assert reader.capabilities.query == Query()


async def test_trouble_that_is_not_about_size_does_not_shrink_the_pages() -> None:
    site = confluence()
    site.answers(SEARCH, *[status(503)] * 5, listing(item("1")))
    reader = site.reader()

    pages = [page async for page in reader.content([DOCS])]
    await reader.aclose()

    assert found_ids(pages) == ["1"]
    assert reader.capabilities.query.limit == 1000
