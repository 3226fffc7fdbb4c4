"""Archived pages and archived spaces, which search leaves out."""

import httpx
import pytest

from casb_sdk import Gap, GapKind, Restriction, Space
from casb_sdk.model import NodeState
from connector.atlassian.capabilities import Query, SearchCapabilities
from connector.atlassian.endpoints import PAGE_ANCESTORS
from connector.atlassian.leftovers import PORTION
from connector.atlassian.reader import ReaderOptions
from tests.unit.atlassian.content_words import (
    EMPTY,
    OLD,
    PAGES,
    POSTS,
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
    by_query,
    group,
    item,
    listing,
    operation,
    out_of_scope,
    status,
    user,
)


async def test_archived_pages_come_with_their_own_restrictions() -> None:
    site = confluence(EMPTY, listing(v2_page("7", "3")))
    site.answers(
        restriction_of("7"),
        listing(operation("read", [user("ann"), group("g")]), operation("update", [])),
    )

    pages = await pages_of(site)

    [page] = [page for page in pages if page.found]
    [entry] = page.found
    assert (entry.item.status, entry.item.version, entry.item.parent_id) == (
        "archived",
        3,
        "3",
    )
    assert entry.item.read == Restriction(frozenset({"ann"}), frozenset({"g"}))
    assert [account.id for account in page.accounts] == ["ann"]
    assert [one.id for one in page.groups] == ["g"]
    assert site.queries(PAGES) == [
        {"space-id": "1", "status": "archived", "limit": "250"}
    ]


async def test_a_long_page_goes_on_behind_the_last_item_that_was_kept() -> None:
    rows = [v2_page(str(number)) for number in range(1_000, 1_120)]
    before, after = (confluence(EMPTY, listing(*rows)) for _ in range(2))
    for site in (before, after):
        for row in rows:
            site.answers(restriction_of(row["id"]), open_to_all())

    kept = next(page for page in await pages_of(before) if page.found)
    rest = await pages_of(after, resume=kept.resume)

    assert len(kept.found) == PORTION
    assert found_ids([kept, *rest]) == [row["id"] for row in rows]
    asked = [path for path in after.paths() if path.endswith("/restriction")]
    assert len(asked) == len(rows) - PORTION
    assert [page.resume for page in rest][-1] is None


@pytest.mark.parametrize("gone", [str(1_000 + PORTION - 1), "x"])
async def test_nothing_is_lost_where_the_last_item_that_was_kept_is_not_found_again(
    gone: str,
) -> None:
    rows = [v2_page(str(number)) for number in range(1_000, 1_120)]
    rows[PORTION - 1]["id"] = gone
    before, after = (
        confluence(EMPTY, listing(*some))
        for some in (rows, rows[: PORTION - 1] + rows[PORTION:])
    )
    for row in rows:
        before.answers(restriction_of(row["id"]), open_to_all())
        after.answers(restriction_of(row["id"]), open_to_all())

    kept = next(page for page in await pages_of(before) if page.found)
    rest = await pages_of(after, resume=kept.resume)

    others = {row["id"] for row in rows} - {gone}
    assert others <= {*found_ids([kept]), *found_ids(rest)}


async def test_archived_spaces_are_listed_by_v2_alone() -> None:
    site = confluence(pages=listing(v2_page("7", spaceId="9")))
    site.answers(POSTS, listing(v2_page("8", spaceId="9", status="current")))
    site.answers(restriction_of("7"), open_to_all())
    site.answers(restriction_of("8"), open_to_all())

    pages = await pages_of(site, OLD)

    assert [(e.item.id, e.item.type) for page in pages for e in page.found] == [
        ("7", "page"),
        ("8", "blogpost"),
    ]
    assert SEARCH not in site.paths()
    assert site.queries(PAGES)[0]["status"] == "current,archived"
    assert site.queries(POSTS)[0]["status"] == "current"
    notes = [note for page in pages for note in page.coverage.notes]
    assert notes == ["types_not_listed:9:whiteboard,database,embed,folder"]


async def test_many_spaces_are_listed_in_pieces() -> None:
    old = [Space(str(n), f"S{n}", status="archived") for n in range(150)]
    site = confluence()

    pages = await pages_of(site, *old)

    assert [q["space-id"].count(",") + 1 for q in site.queries(PAGES)] == [100, 50]
    assert pages[-1].resume is None


@pytest.mark.parametrize(
    ("answer", "reason"),
    [(status(403), "403"), (status(404), "404"), (status(500), "500")],
)
async def test_an_archived_page_with_unreadable_restrictions_is_a_gap(
    answer: httpx.Response, reason: str
) -> None:
    site = confluence(EMPTY, listing(v2_page("7")))
    site.answers(restriction_of("7"), answer)

    pages = await pages_of(site)

    assert found_ids(pages) == ["7"]
    assert gaps(pages) == {Gap(GapKind.RESTRICTION, "7", reason)}


async def test_rows_of_other_spaces_and_of_the_trash_are_left_out() -> None:
    rows = [v2_page("7", spaceId="5"), v2_page("8", status="trashed")]

    assert found_ids(await pages_of(confluence(EMPTY, listing(*rows)))) == []


async def test_archived_pages_that_search_lists_are_not_read_twice() -> None:
    site = confluence(listing(item("7", status="archived")), listing(v2_page("7")))

    pages = await pages_of(site)

    assert found_ids(pages) == ["7"]
    assert restriction_of("7") not in site.paths()


async def test_a_listing_that_fails_leaves_a_gap() -> None:
    pages = await pages_of(confluence(listing(item("1")), out_of_scope()))

    assert found_ids(pages) == ["1"]
    assert gaps(pages) == {Gap(GapKind.CONTENT, "1", "scope")}


async def test_a_parent_the_listing_lacks_says_nothing_of_what_is_above() -> None:
    rows = [
        v2_page("7", "3"),
        v2_page("8", "7"),
        v2_page("9", "5", parentType="folder"),
    ]
    site = confluence(EMPTY, listing(*rows))

    pages = await pages_of(site)

    ancestors = {e.item.id: e.item for page in pages for e in page.ancestors}
    assert {id_: one.type for id_, one in ancestors.items()} == {
        "3": "page",
        "5": "folder",
    }
    assert {one.state for one in ancestors.values()} == {NodeState.UNREADABLE}


def granted() -> ReaderOptions:
    return ReaderOptions(granted={PAGE_ANCESTORS.scope})


async def test_with_its_scope_the_chain_above_is_asked_for() -> None:
    rows = [
        v2_page("9", "5", parentType="folder", spaceId="9"),
        v2_page("10", "5", parentType="folder", spaceId="9"),
        v2_page("7", "3", spaceId="9"),
    ]
    site = confluence(EMPTY, listing(*rows))
    chain = listing({"id": "2", "type": "page"}, {"id": "5", "type": "folder"})
    for child in ("9", "10"):
        site.answers(f"{PAGES}/{child}/ancestors", chain)

    pages = await pages_of(site, OLD, options=granted())

    ancestors = {e.item.id: e.item for page in pages for e in page.ancestors}
    assert {id_: (one.parent_id, one.state) for id_, one in ancestors.items()} == {
        "2": ("", NodeState.ANCESTOR),
        "5": ("2", NodeState.ANCESTOR),
        "3": ("", NodeState.UNREADABLE),
    }
    assert sum(path.endswith("/ancestors") for path in site.paths()) == 1


async def test_a_reader_that_reads_a_space_again_asks_for_the_chain_again() -> None:
    site = confluence(
        EMPTY, listing(v2_page("9", "5", parentType="folder", spaceId="9"))
    )
    site.answers(f"{PAGES}/9/ancestors", listing({"id": "5", "type": "folder"}))
    reader = site.reader(granted())

    streams = [[page async for page in reader.content((OLD,))] for _ in range(2)]
    await reader.aclose()

    for pages in streams:
        [ancestor] = [e.item for page in pages for e in page.ancestors]
        assert ancestor.state is NodeState.ANCESTOR


async def test_a_chain_too_long_to_be_whole_is_open_at_the_top() -> None:
    site = confluence(
        EMPTY, listing(v2_page("9", "5", parentType="folder", spaceId="9"))
    )
    chain = [{"id": str(1000 + n), "type": "page"} for n in range(250)]
    site.answers(f"{PAGES}/9/ancestors", listing(*chain))

    pages = await pages_of(site, OLD, options=granted())

    ancestors = {e.item.id: e.item for page in pages for e in page.ancestors}
    assert ancestors["1000"].state is NodeState.UNREADABLE
    assert ancestors["1001"].parent_id == "1000"


async def test_a_chain_that_cannot_be_read_changes_nothing() -> None:
    site = confluence(
        EMPTY, listing(v2_page("9", "5", parentType="folder", spaceId="9"))
    )
    site.answers(f"{PAGES}/9/ancestors", status(403))

    pages = await pages_of(site, OLD, options=granted())

    [ancestor] = [e.item for page in pages for e in page.ancestors]
    assert ancestor.state is NodeState.UNREADABLE


async def test_in_a_current_space_search_says_what_is_above() -> None:
    site = confluence(EMPTY, listing(v2_page("9", "5", parentType="folder")))
    site.answers(restriction_of("9"), open_to_all())

    await pages_of(site, options=granted())

    assert f"{PAGES}/9/ancestors" not in site.paths()


async def test_a_search_without_pages_leaves_them_to_the_listing() -> None:
    known = SearchCapabilities(Query(types=("blogpost",)), is_proven=True)
    current = v2_page("7", status="current")
    pages_by_status = by_query(
        "status", {"archived": EMPTY, "current": listing(current)}
    )
    site = confluence(EMPTY, pages_by_status)
    site.answers(restriction_of("7"), open_to_all())

    pages = await pages_of(site, options=ReaderOptions(capabilities=known))

    assert found_ids(pages) == ["7"]
    assert POSTS not in site.paths()
