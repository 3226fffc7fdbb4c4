"""What changed since a moment: newest first, as far back as asked."""

import httpx
import pytest

from casb_sdk import Gap, GapKind, Space
from connector.atlassian.capabilities import Query, SearchCapabilities
from connector.atlassian.reader import ReaderOptions
from connector.domain.reading import ContentPage
from tests.unit.atlassian.change_words import (
    answering,
    changed,
    changes,
    in_space,
    searched,
)
from tests.unit.atlassian.content_words import SEARCH, found_ids, gaps
from tests.unit.atlassian.fake_confluence import (
    FakeConfluence,
    by_query,
    item,
    operation,
    query_of,
    restrictions,
    status,
    user,
)


async def test_all_spaces_are_asked_in_one_query_without_a_date() -> None:
    site = answering(searched(changed("2", 5), changed("1", -5)))

    [page] = await changes(site)

    assert found_ids([page]) == ["2"]
    assert page.resume is None
    [asked] = site.queries(SEARCH)
    assert asked["cql"] == (
        "type in (page,blogpost,whiteboard,database,embed,folder) "
        "order by lastmodified desc"
    )
    assert asked["limit"] == "200"
    assert "restrictions.update.restrictions.group" in asked["expand"]


async def test_some_spaces_are_named() -> None:
    site = answering(searched())

    [page] = await changes(site, Space("1", "DOCS"), Space("2", 'A"B'))

    assert page == ContentPage()
    [asked] = site.queries(SEARCH)
    assert asked["cql"].startswith('space in ("DOCS","A\\"B") and type in (')


async def test_nothing_older_than_asked_for_is_yielded_or_followed() -> None:
    first = searched(changed("4", 90), changed("3", 60), following="c1")
    second = searched(changed("2", 0), changed("1", -2), following="c2")
    site = FakeConfluence().answers(
        SEARCH, by_query("cursor", {"": first, "c1": second})
    )

    pages = await changes(site)

    assert [found_ids([page]) for page in pages] == [["4", "3"], ["2"]]
    assert pages[0].resume
    assert pages[1].resume is None
    assert len(site.asked) == 2


async def test_a_moment_is_understood_in_its_own_zone() -> None:
    nine = {"number": 2, "when": "2026-11-20T19:00:00.000+10:00"}
    before = {"number": 2, "when": "2026-11-20T08:59:59.999Z"}
    site = answering(searched(item("2", version=nine), item("1", version=before)))

    assert found_ids(await changes(site)) == ["2"]


async def test_items_come_with_all_that_a_listing_tells() -> None:
    lists = restrictions([user("ann")], [{"type": "group", "id": "g", "name": "G"}])
    cut = restrictions()
    cut["read"] = operation("read", [user("ben")], size=9)
    rows = (
        changed("9", 3, "7", "8", restrictions=lists, **in_space(4)),
        changed("6", 2, "7", restrictions=cut, **in_space(4)),
        changed("5", 1, **in_space(3)),
    )

    [page] = await changes(answering(searched(*rows)))

    assert [(f.space_id, f.item.id, f.item.parent_id) for f in page.found] == [
        ("4", "9", "8"),
        ("4", "6", "7"),
        ("3", "5", ""),
    ]
    assert page.found[0].item.read.users == {"ann"}
    assert page.found[0].item.update.groups == {"g"}
    assert [(f.space_id, f.item.id) for f in page.ancestors] == [("4", "7"), ("4", "8")]
    assert {account.id for account in page.accounts} == {"ann", "ben"}
    assert {group.id for group in page.groups} == {"g"}
    assert page.cut == {"6"}


async def test_many_spaces_are_asked_in_as_many_queries_as_they_need() -> None:
    spaces = [Space(str(n), f"{n:0>97}") for n in range(60)]
    site = answering(searched(changed("1", 1)))

    pages = await changes(site, *spaces)

    asked = [query["cql"] for query in site.queries(SEARCH)]
    assert [cql.count('"') // 2 for cql in asked] == [25, 25, 10]
    assert [bool(page.resume) for page in pages] == [True, True, False]


async def test_a_walk_over_several_queries_goes_on_where_it_was_left() -> None:
    spaces = [Space(str(n), f"{n:0>97}") for n in range(60)]
    known = ReaderOptions(capabilities=SearchCapabilities(Query(50), is_proven=True))
    first = searched(changed("1", 9), following="c1")
    whole = await changes(answering(first, searched()), *spaces, options=known)
    midway, after_one = answering(searched()), answering(searched())

    await changes(midway, *spaces, resume=whole[0].resume)
    await changes(after_one, *spaces, resume=whole[1].resume)

    assert [q.get("cursor") for q in midway.queries(SEARCH)] == ["c1", None, None]
    assert [q.get("cursor") for q in after_one.queries(SEARCH)] == [None, None]
    assert {q["limit"] for q in after_one.queries(SEARCH)} == {"50"}


async def test_a_walk_goes_on_where_it_was_left_as_it_was_asked() -> None:
    first = searched(changed("2", 9), following="c1")
    answers = by_query("cursor", {"": first, "c1": searched(changed("1", 8))})
    site = FakeConfluence().answers(SEARCH, answers)
    known = ReaderOptions(capabilities=SearchCapabilities(Query(50), is_proven=True))

    whole = await changes(site, options=known)
    rest = await changes(site, resume=whole[0].resume)

    assert found_ids(whole) == ["2", "1"]
    assert found_ids(rest) == ["1"]
    assert {query["limit"] for query in site.queries(SEARCH)} == {"50"}


@pytest.mark.parametrize("resume", ["", "nonsense", '{"stage":"search"}', "[1]"])
async def test_a_place_nobody_knows_is_the_beginning(resume: str) -> None:
    pages = await changes(answering(searched(changed("1", 1))), resume=resume)

    assert found_ids(pages) == ["1"]


async def test_a_page_that_is_too_much_is_halved_and_nothing_is_told_twice() -> None:
    def search(request: httpx.Request) -> httpx.Response:
        asked = query_of(request)
        if "cursor" not in asked:
            return searched(changed("2", 9), following="c1")
        return status(504) if asked["limit"] == "200" else searched(changed("1", 8))

    site = FakeConfluence().answers(SEARCH, search)

    pages = await changes(site)

    assert found_ids(pages) == ["2", "1"]
    assert site.queries(SEARCH)[-1]["limit"] == "100"


async def test_a_cursor_that_has_expired_begins_again() -> None:
    first = searched(changed("2", 9), following="c1")
    whole = await changes(answering(first, searched()))
    site = answering(status(400, "Invalid cursor"), searched(changed("2", 9)))

    pages = await changes(site, resume=whole[0].resume)

    assert found_ids(pages) == ["2"]
    assert ["cursor" in query for query in site.queries(SEARCH)] == [True, False]


async def test_only_types_are_asked_for_that_search_is_known_to_list() -> None:
    types = ("page", "blogpost", "folder")
    known = SearchCapabilities(Query(1000, types), is_proven=True)
    site = answering(searched(changed("1", 1), following="c1"), searched())

    pages = await changes(site, options=ReaderOptions(capabilities=known))

    assert "type in (page,blogpost,folder)" in site.queries(SEARCH)[0]["cql"]
    assert pages[1].coverage.is_complete
    assert gaps(pages) == {
        Gap(GapKind.CONTENT_TYPE, type_, "400")
        for type_ in ("whiteboard", "database", "embed")
    }


async def test_an_item_without_a_readable_moment_counts_as_changed() -> None:
    undated = item("2", version={"number": 2, "when": 1})
    naive = item("3", version={"number": 2, "when": "2026-11-19T00:00:00"})
    site = answering(searched(changed("1", 9), undated, naive, item("4", version=None)))

    assert found_ids(await changes(site)) == ["1", "2", "3", "4"]


async def test_rows_of_one_minute_may_come_in_any_order() -> None:
    rows = (changed("1", 0.1), changed("2", -0.5), changed("3", 0.4))
    last = searched(changed("4", 0.2), changed("5", -9), following="c2")

    pages = await changes(answering(searched(*rows, following="c1"), last))

    assert found_ids(pages) == ["1", "3", "4"]
