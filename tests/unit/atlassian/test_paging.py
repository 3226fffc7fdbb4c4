"""How lists are walked, and every known way in which they go wrong."""

import httpx
import pytest

from casb_sdk import Gap, GapKind, Space
from casb_sdk.model import Membership, RoleMode
from connector.domain.reading import GroupReading, SpaceGrants
from tests.unit.atlassian.fake_confluence import (
    V1,
    V2,
    FakeConfluence,
    by_query,
    listing,
    query_of,
    status,
    user,
)

GRANTS = f"{V2}/spaces/1/permissions"
MEMBERS = f"{V1}/group/g/membersByGroupId"
DOCS = Space("1", "DOCS")
BROKEN = (Gap(GapKind.GRANTS, "1", "paging_broke"),)


def grant(number: int) -> dict[str, object]:
    return {
        "id": str(number),
        "principal": {"type": "user", "id": f"user-{number}"},
        "operation": {"key": "read", "targetType": "space"},
    }


def more(cursor: str) -> str:
    return f"/wiki/api/v2/spaces/1/permissions?cursor={cursor}&limit=250"


async def grants(confluence: FakeConfluence) -> SpaceGrants:
    reader = confluence.reader()
    try:
        return await reader.grants(DOCS, RoleMode.PRE_ROLES)
    finally:
        await reader.aclose()


async def members(confluence: FakeConfluence) -> GroupReading:
    reader = confluence.reader()
    try:
        return await reader.group_members("g")
    finally:
        await reader.aclose()


def ids(read: SpaceGrants) -> list[str]:
    return [one.permission_id for one in read.grants]


async def test_a_list_ends_where_there_is_no_next_link() -> None:
    confluence = FakeConfluence().answers(GRANTS, listing(grant(1)))

    read = await grants(confluence)

    assert ids(read) == ["1"]
    assert confluence.queries(GRANTS) == [{"limit": "250"}]


async def test_a_short_page_with_a_next_link_is_not_the_last() -> None:
    pages = {"": listing(grant(1), following=more("c1")), "c1": listing(grant(2))}
    confluence = FakeConfluence().answers(GRANTS, by_query("cursor", pages))

    read = await grants(confluence)

    assert ids(read) == ["1", "2"]
    assert not read.coverage.gaps


@pytest.mark.parametrize(
    "link",
    [
        "/wiki/api/v2/spaces/1/permissions?cursor=CURSOR",
        "/rest/api/anything?next=true&cursor=CURSOR&limit=250&start=2",
        "/wiki/api/v2/spaces/1/permissions?cursor=CURSOR&depth=all&limit=100",
        "https://acme.atlassian.net/wiki/api/v2/spaces/1/permissions?cursor=CURSOR",
        "https://API.atlassian.test/wiki/api/v2/spaces/1/permissions?cursor=CURSOR",
        "?cursor=CURSOR",
    ],
)
@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("eyJpZCI6IjMwMjczNyJ9Cg==", "eyJpZCI6IjMwMjczNyJ9Cg=="),
        ("eyJpZCI6IjMwMjczNyJ9Cg%3D%3D", "eyJpZCI6IjMwMjczNyJ9Cg=="),
        ("_sa_WyJcdDg+NDcz/Nz%2BI=", "_sa_WyJcdDg+NDcz/Nz+I="),
    ],
)
async def test_only_the_cursor_of_a_next_link_is_taken(
    link: str, written: str, meant: str
) -> None:
    pages = {
        "": listing(grant(1), following=link.replace("CURSOR", written)),
        meant: listing(grant(2)),
    }
    confluence = FakeConfluence().answers(GRANTS, by_query("cursor", pages))

    read = await grants(confluence)

    assert ids(read) == ["1", "2"]
    assert {request.url.host for request in confluence.asked} == {"api.atlassian.test"}
    assert confluence.queries(GRANTS)[1] == {"limit": "250", "cursor": meant}


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/wiki/api/v2/spaces/1/permissions?cursor=c1",
        "//evil.example/wiki/api/v2/spaces/1/permissions?cursor=c1",
        "https://acme.atlassian.net@evil.example/?cursor=c1",
        "https://acme.atlassian.net.evil.example/?cursor=c1",
        "http://[broken/?cursor=c1",
    ],
)
async def test_a_link_to_another_host_is_refused(link: str) -> None:
    confluence = FakeConfluence().answers(GRANTS, listing(grant(1), following=link))

    read = await grants(confluence)

    assert ids(read) == ["1"]
    assert read.coverage.gaps == BROKEN
    assert len(confluence.asked) == 1


async def test_a_repeated_cursor_ends_the_walk_with_a_gap() -> None:
    pages = {
        "": listing(grant(1), following=more("c1")),
        "c1": listing(grant(2), following=more("c2")),
        "c2": listing(grant(3), following=more("c1")),
    }
    confluence = FakeConfluence().answers(GRANTS, by_query("cursor", pages))

    read = await grants(confluence)

    assert ids(read) == ["1", "2", "3"]
    assert read.coverage.gaps == BROKEN


async def test_an_empty_page_with_a_next_link_ends_the_walk_with_a_gap() -> None:
    pages = {
        "": listing(grant(1), following=more("c1")),
        "c1": listing(following=more("c2")),
    }
    confluence = FakeConfluence().answers(GRANTS, by_query("cursor", pages))

    read = await grants(confluence)

    assert ids(read) == ["1"]
    assert read.coverage.gaps == BROKEN
    assert len(confluence.asked) == 2


async def test_a_row_that_comes_twice_counts_once() -> None:
    pages = {
        "": listing(grant(1), grant(2), following=more("c1")),
        "c1": listing(grant(2), grant(3)),
    }
    confluence = FakeConfluence().answers(GRANTS, by_query("cursor", pages))

    read = await grants(confluence)

    assert ids(read) == ["1", "2", "3"]


async def test_what_was_read_before_a_failure_is_kept() -> None:
    pages = {"": listing(grant(1), following=more("c1")), "c1": status(403)}
    confluence = FakeConfluence().answers(GRANTS, by_query("cursor", pages))

    read = await grants(confluence)

    assert ids(read) == ["1"]
    assert read.coverage.gaps == (Gap(GapKind.GRANTS, "1", "403"),)


def page_of_members(first: int, last: int, following: str = "") -> httpx.Response:
    users = [user(f"u{number}") for number in range(first, last)]
    return listing(*users, following=following, limit=200, size=len(users))


async def test_members_are_paged_by_offset() -> None:
    link = "/rest/api/group/g/membersByGroupId?limit=200&start=200"
    pages = {"": page_of_members(0, 200, link), "200": page_of_members(200, 230)}
    confluence = FakeConfluence().answers(MEMBERS, by_query("start", pages))

    read = await members(confluence)

    assert len(read.group.members) == 230
    assert read.group.membership is Membership.COMPLETE
    assert confluence.queries(MEMBERS)[1]["start"] == "200"


async def test_a_full_page_without_a_next_link_may_not_be_the_last() -> None:
    pages = {"": page_of_members(0, 200), "200": page_of_members(200, 230)}
    confluence = FakeConfluence().answers(MEMBERS, by_query("start", pages))

    read = await members(confluence)

    assert len(read.group.members) == 230
    assert read.group.membership is Membership.COMPLETE


async def test_a_full_last_page_is_the_last() -> None:
    pages = {"": page_of_members(0, 200), "200": page_of_members(0, 0)}
    confluence = FakeConfluence().answers(MEMBERS, by_query("start", pages))

    read = await members(confluence)

    assert len(read.group.members) == 200
    assert read.group.membership is Membership.COMPLETE


async def test_an_offset_that_is_ignored_does_not_go_on_for_ever() -> None:
    confluence = FakeConfluence().answers(MEMBERS, page_of_members(0, 200))

    read = await members(confluence)

    assert len(read.group.members) == 200
    assert read.group.membership is Membership.PARTIAL
    assert len(confluence.asked) == 2


async def test_a_member_list_that_breaks_midway_is_partial() -> None:
    link = "/rest/api/group/g/membersByGroupId?limit=200&start=200"
    pages = {"": page_of_members(0, 200, link), "200": status(500)}
    confluence = FakeConfluence().answers(MEMBERS, by_query("start", pages))

    read = await members(confluence)

    assert len(read.group.members) == 200
    assert read.group.membership is Membership.PARTIAL
    assert read.coverage.gaps == (Gap(GapKind.GROUP, "g", "500"),)


async def test_a_next_link_without_cursor_and_start_counts_on() -> None:
    link = "/rest/api/group/g/membersByGroupId?limit=200"

    def answer(request: httpx.Request) -> httpx.Response:
        start = query_of(request).get("start", "0")
        return page_of_members(0, 2, link) if start == "0" else page_of_members(2, 3)

    confluence = FakeConfluence().answers(MEMBERS, answer)

    read = await members(confluence)

    assert len(read.group.members) == 3
    assert confluence.queries(MEMBERS)[1]["start"] == "2"
