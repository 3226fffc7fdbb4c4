"""The content of spaces by the old listing, or below what is known of them."""

import httpx
import pytest

from casb_sdk import Gap, GapKind, Space
from connector.atlassian.reader import ReaderOptions
from connector.domain.errors import ScopeError
from tests.unit.atlassian.content_words import found_ids, gaps, pages_of
from tests.unit.atlassian.fake_confluence import (
    FakeConfluence,
    item,
    listing,
    out_of_scope,
    query_of,
    status,
)
from tests.unit.atlassian.legacy_words import (
    CONTENT,
    DOCS,
    GONE,
    REFERENCE,
    below,
    old_confluence,
    seeded,
    space,
)

OTHER = Space("2", "OTHER")
BROKEN = Gap(GapKind.CONTENT, "1", "paging_broke")
REMOVED = Gap(GapKind.CONTENT, "1", "410")


def answering(found: dict[tuple[str, str], httpx.Response]) -> FakeConfluence:
    """Return a site that answers a type and a status, and nothing to the others."""

    def answer(request: httpx.Request) -> httpx.Response:
        query = query_of(request)
        chosen = found.get((query["type"], query["status"]), listing())
        return httpx.Response(chosen.status_code, content=chosen.content)

    return old_confluence().answers(CONTENT, answer)


def by_offset(rows: list[str], most: int) -> FakeConfluence:
    """Return a site with some pages, of which it gives no more than ``most``."""

    def answer(request: httpx.Request) -> httpx.Response:
        query = query_of(request)
        if (query["type"], query["status"]) != ("page", "current"):
            return listing()
        start, limit = int(query.get("start", 0)), int(query["limit"])
        if limit > most:
            return status(504)
        shown = rows[start : start + limit]
        after = start + limit
        following = f"/rest/api/content?limit={limit}&start={after}"
        more = following if after < len(rows) else ""
        return listing(*map(item, shown), following=more, limit=limit)

    return old_confluence().answers(CONTENT, answer)


async def test_pages_archived_pages_and_posts_are_listed_space_by_space() -> None:
    post = item("3", type="blogpost", ancestors=[])
    site = answering(
        {
            ("page", "current"): listing(item("1")),
            ("page", "archived"): listing(item("2", status="archived")),
            ("blogpost", "current"): listing(post),
        }
    )

    pages = await pages_of(site, DOCS, options=REFERENCE)

    assert found_ids(pages) == ["1", "2", "3"]
    assert gaps(pages) == set()
    assert [page.resume is None for page in pages] == [False, False, True]
    assert {query["spaceKey"] for query in site.queries(CONTENT)} == {"DOCS"}


async def test_a_site_that_cannot_bear_large_pages_is_asked_for_smaller_ones() -> None:
    rows = [str(number) for number in range(100, 180)]
    site = by_offset(rows, most=30)

    pages = await pages_of(site, DOCS, options=REFERENCE)

    assert found_ids(pages) == rows
    assert gaps(pages) == set()
    assert site.queries(CONTENT)[-1]["limit"] == "25"


async def test_a_listing_goes_on_where_it_was_left() -> None:
    rows = [str(number) for number in range(100, 600)]
    site = by_offset(rows, most=1000)
    whole = await pages_of(site, DOCS, options=REFERENCE)

    rest = await pages_of(site, DOCS, resume=whole[0].resume, options=REFERENCE)

    assert found_ids(rest) == found_ids(whole[1:]) == rows[200:]


async def test_a_resume_of_another_profile_is_the_beginning() -> None:
    site = answering({("page", "current"): listing(item("1"))})

    pages = await pages_of(site, DOCS, resume='{"stage":"pages-0"}', options=REFERENCE)

    assert found_ids(pages) == ["1"]


async def test_a_listing_that_fails_is_a_gap_and_the_next_is_read() -> None:
    site = answering(
        {
            ("page", "current"): listing(item("1")),
            ("page", "archived"): status(400),
            ("blogpost", "current"): listing(item("3", type="blogpost")),
        }
    )

    pages = await pages_of(site, DOCS, options=REFERENCE)

    assert found_ids(pages) == ["1", "3"]
    assert gaps(pages) == {Gap(GapKind.CONTENT, "1", "400")}


async def test_a_site_that_ignores_the_offset_is_a_gap() -> None:
    rows = [item(str(number)) for number in range(200)]
    site = answering({("page", "current"): listing(*rows)})

    pages = await pages_of(site, DOCS, options=REFERENCE)

    assert len(found_ids(pages)) == len(rows)
    assert gaps(pages) == {BROKEN}


async def test_without_the_scope_of_content_there_is_no_scan() -> None:
    site = old_confluence().answers(CONTENT, out_of_scope())

    with pytest.raises(ScopeError, match=r"read:confluence-content\.summary"):
        await pages_of(site, DOCS, options=REFERENCE)


async def test_where_the_listing_is_gone_all_that_is_known_is_read_below() -> None:
    site = (
        old_confluence()
        .answers(CONTENT, GONE)
        .answers(below("10"), listing(item("11", "10")))
        .answers(below("12"), listing(item("13", "12", space=space(1, "DOCS"))))
    )

    pages = await pages_of(site, DOCS, OTHER, options=seeded("12"))

    assert set(found_ids(pages)) == {"11", "13"}
    assert gaps(pages) == {REMOVED, Gap(GapKind.CONTENT, "2", "410")}
    assert {entry.item.id for p in pages for entry in p.ancestors} == {"10", "12"}
    assert site.paths().count(CONTENT) == 1


async def test_reading_below_goes_on_where_it_was_left() -> None:
    site = (
        old_confluence()
        .answers(CONTENT, GONE)
        .answers(below("10"), listing(item("11", "10")))
        .answers(below("12"), listing(item("13", "12", space=space(1, "DOCS"))))
    )
    options: ReaderOptions = seeded("12")
    whole = await pages_of(site, DOCS, options=options)
    [middle] = [p for p in whole if found_ids([p]) == ["13"]]

    rest = await pages_of(site, DOCS, resume=middle.resume, options=options)

    assert found_ids(rest) == ["11"]
    assert site.paths().count(CONTENT) == 1


async def test_what_cannot_be_read_below_is_a_gap_too() -> None:
    site = old_confluence().answers(CONTENT, GONE).answers(below("10"), status(403))

    pages = await pages_of(site, DOCS, options=REFERENCE)

    assert found_ids(pages) == []
    assert gaps(pages) == {REMOVED, Gap(GapKind.CONTENT, "1", "403")}
