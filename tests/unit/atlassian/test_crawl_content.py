"""The stream of a shard's content: stages, resuming, and what is missed."""

import httpx
import pytest

from casb_sdk import Gap, GapKind, Space
from connector.atlassian.capabilities import Query, SearchCapabilities
from connector.atlassian.reader import ReaderOptions
from connector.domain.errors import AtlassianUnavailableError, ConsentError, ScopeError
from tests.unit.atlassian.content_words import (
    DOCS,
    OLD,
    SEARCH,
    confluence,
    found_ids,
    gaps,
    open_to_all,
    pages_of,
    restriction_of,
    v2_page,
)
from tests.unit.atlassian.fake_confluence import (
    Answer,
    FakeConfluence,
    by_query,
    item,
    listing,
    ok,
    out_of_scope,
    status,
)


def two_pages() -> Answer:
    link = "/rest/api/content/search?next=true&cursor=c1&limit=200&start=200&cql=x"
    return by_query(
        "cursor", {"": listing(item("1"), following=link), "c1": listing(item("2"))}
    )


async def test_a_shard_is_searched_in_one_query() -> None:
    site = confluence(two_pages())

    pages = await pages_of(site, DOCS, Space("2", 'A") or type in ("user'))

    assert found_ids(pages) == ["1", "2"]
    asked = site.queries(SEARCH)[0]
    assert asked["cql"] == (
        'space in ("DOCS","A\\") or type in (\\"user") and type in '
        "(page,blogpost,whiteboard,database,embed,folder) order by id"
    )
    assert asked["expand"].split(",") == [
        "ancestors",
        "version",
        "space",
        "restrictions.read.restrictions.user",
        "restrictions.read.restrictions.group",
        "restrictions.update.restrictions.user",
        "restrictions.update.restrictions.group",
    ]
    assert asked["limit"] == "1000"


async def test_only_the_last_page_has_nothing_to_resume() -> None:
    pages = await pages_of(confluence(two_pages()), DOCS, OLD)

    *others, last = [page.resume for page in pages]
    assert last is None
    assert all(others)


async def test_no_spaces_have_no_content() -> None:
    reader = confluence().reader()
    assert [page async for page in reader.content(())] == []
    await reader.aclose()


async def test_every_place_to_resume_leads_to_the_same_end() -> None:
    def site() -> FakeConfluence:
        pages = by_query("cursor", {"": listing(v2_page("7"))})
        made = confluence(two_pages(), pages)
        return made.answers(restriction_of("7"), open_to_all())

    whole = await pages_of(site(), DOCS, OLD)

    for number, page in enumerate(whole[:-1], start=1):
        rest = await pages_of(site(), DOCS, OLD, resume=page.resume)
        assert found_ids(whole[:number] + rest) == found_ids(whole)


@pytest.mark.parametrize("resume", ["", "nonsense", "{}", '{"stage":"gone"}', "[1]"])
async def test_a_place_nobody_knows_is_the_beginning(resume: str) -> None:
    pages = await pages_of(confluence(two_pages()), resume=resume)

    assert found_ids(pages) == ["1", "2"]


async def test_a_cursor_that_has_expired_begins_the_stage_again() -> None:
    first, *_ = await pages_of(confluence(two_pages()))
    renumbered = by_query("cursor", {"": listing(item("1")), "c1": status(400)})

    pages = await pages_of(confluence(renumbered), resume=first.resume)

    assert found_ids(pages) == ["1"]
    assert not gaps(pages)


async def test_a_resumed_walk_keeps_its_query() -> None:
    known = SearchCapabilities(Query(200, is_ordered=False), is_proven=True)
    first, *_ = await pages_of(
        confluence(two_pages()), options=ReaderOptions(capabilities=known)
    )
    site = confluence(two_pages())

    await pages_of(site, resume=first.resume)

    [asked] = site.queries(SEARCH)
    assert (asked["cursor"], asked["limit"]) == ("c1", "200")
    assert "order" not in asked["cql"]


@pytest.mark.parametrize(
    ("failure", "reason"),
    [(status(403), "403"), (status(500), "500"), (status(400), "400")],
)
async def test_a_search_that_fails_leaves_a_gap_for_each_space(
    failure: httpx.Response, reason: str
) -> None:
    site = confluence(failure, listing(v2_page("7")))
    site.answers(restriction_of("7"), open_to_all())

    pages = await pages_of(site, DOCS, Space("2", "HR"))

    assert gaps(pages) == {
        Gap(GapKind.CONTENT, "1", reason),
        Gap(GapKind.CONTENT, "2", reason),
    }
    assert found_ids(pages) == ["7"]
    assert pages[-1].resume is None


@pytest.mark.parametrize("breaks", ["https://evil.example/x?cursor=c1", "?cursor=c1"])
async def test_a_search_whose_paging_breaks_leaves_a_gap(breaks: str) -> None:
    site = confluence(listing(item("1"), following=breaks))

    pages = await pages_of(site)

    assert found_ids(pages) == ["1"]
    assert gaps(pages) == {Gap(GapKind.CONTENT, "1", "paging_broke")}
    assert all(page.resume for page in pages[:-1])


async def test_a_search_without_its_scope_ends_the_scan() -> None:
    with pytest.raises(ScopeError, match="search:confluence"):
        await pages_of(confluence(out_of_scope()))


async def test_a_search_that_rejects_every_token_ends_the_scan() -> None:
    with pytest.raises(ConsentError):
        await pages_of(confluence(status(401)))


async def test_an_outage_ends_the_stream_where_it_can_be_resumed() -> None:
    site = confluence(httpx.ConnectError("no route"))

    with pytest.raises(AtlassianUnavailableError):
        await pages_of(site)


async def test_items_without_a_home_are_a_gap() -> None:
    homeless = item("1", space=None)

    pages = await pages_of(confluence(listing(homeless)), DOCS, Space("2", "HR"))

    assert gaps(pages) == {
        Gap(GapKind.CONTENT, "1", "space_not_shown"),
        Gap(GapKind.CONTENT, "2", "space_not_shown"),
    }


async def test_an_item_that_moves_between_pages_comes_once() -> None:
    link = "/rest/api/content/search?cursor=c1"
    search = by_query(
        "cursor",
        {
            "": listing(item("1"), item("2"), following=link),
            "c1": listing(item("2"), item("3")),
        },
    )

    assert found_ids(await pages_of(confluence(search))) == ["1", "2", "3"]


async def test_cut_lists_are_named() -> None:
    cut = item("1", restrictions={"read": "", "update": ""})

    pages = await pages_of(confluence(listing(cut, item("2"))))

    assert {id_ for page in pages for id_ in page.cut} == {"1"}


async def test_ok_without_a_list_is_no_empty_space() -> None:
    pages = await pages_of(confluence(ok({"message": "maintenance"})))

    assert gaps(pages) == {Gap(GapKind.CONTENT, "1", "shape")}
