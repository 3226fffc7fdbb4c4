"""Member lists that a killed run began to read are gone on with, not read anew."""

from dataclasses import dataclass, field

import httpx

from casb_sdk import Account
from casb_sdk.model import Membership
from connector.domain.member_pages import READ_ANEW, MemberPages, MembersPage
from connector.domain.reading import GroupReading
from tests.unit.atlassian.fake_confluence import (
    V1,
    FakeConfluence,
    listing,
    query_of,
    status,
    user,
)

MEMBERS = f"{V1}/group/g/membersByGroupId"
SIZE = 200
PEOPLE = [f"p{number:03}" for number in range(450)]


def group_of(people: list[str]) -> FakeConfluence:
    """Return a site with a group whose members come in pages, by offset."""

    def answer(request: httpx.Request) -> httpx.Response:
        start = int(query_of(request).get("start", 0))
        end = start + SIZE
        link = f"/rest/api/group/g/membersByGroupId?limit={SIZE}&start={end}"
        rows = [user(id_) for id_ in people[start:end]]
        return listing(*rows, following=link if end < len(people) else "")

    return FakeConfluence().answers(MEMBERS, answer)


@dataclass
class Keeper:
    """Keeps pages, as a scan does."""

    pages: list[MembersPage] = field(default_factory=list)

    async def keep(self, page: MembersPage) -> None:
        self.pages.append(page)

    @property
    def again(self) -> MemberPages:
        return MemberPages(tuple(self.pages), self.keep)


async def members(
    confluence: FakeConfluence, pages: MemberPages = READ_ANEW
) -> GroupReading:
    reader = confluence.reader()
    try:
        return await reader.group_members("g", pages)
    finally:
        await reader.aclose()


def starts(confluence: FakeConfluence) -> list[str]:
    return [query.get("start", "0") for query in confluence.queries(MEMBERS)]


async def kept_up_to(start: int) -> Keeper:
    """Return what is kept by a run that was killed behind a row."""
    keeper = Keeper()
    await members(group_of(PEOPLE), keeper.again)
    keeper.pages = [page for page in keeper.pages if page.start <= start]
    return keeper


async def test_every_page_but_the_last_is_kept() -> None:
    keeper = await kept_up_to(len(PEOPLE))

    assert [(len(page.accounts), page.start) for page in keeper.pages] == [
        (200, 200),
        (200, 400),
    ]


async def test_a_list_is_gone_on_with_at_the_last_row_that_is_kept() -> None:
    keeper, confluence = await kept_up_to(200), group_of(PEOPLE)

    read = await members(confluence, keeper.again)

    assert read == await members(group_of(PEOPLE))
    assert read.group.members == set(PEOPLE)
    assert starts(confluence) == ["199", "399"]
    assert [page.start for page in keeper.pages] == [200, 399]


async def test_it_is_gone_on_with_as_often_as_it_has_to_be() -> None:
    keeper = await kept_up_to(200)
    await members(group_of(PEOPLE), keeper.again)
    confluence = group_of(PEOPLE)

    read = await members(confluence, keeper.again)

    assert read.group.members == set(PEOPLE)
    assert starts(confluence) == ["398"]


async def test_a_list_whose_rows_have_moved_is_read_anew() -> None:
    keeper, kept = await kept_up_to(200), (await kept_up_to(200)).pages
    confluence = group_of(PEOPLE[1:])

    read = await members(confluence, keeper.again)

    assert read.group.members == set(PEOPLE[1:])
    assert starts(confluence) == ["199", "0", "200", "400"]
    assert keeper.pages == kept, "pages of two lists must not be mixed"


async def test_a_list_that_became_short_is_read_anew() -> None:
    keeper, confluence = await kept_up_to(400), group_of(PEOPLE[:3])

    read = await members(confluence, keeper.again)

    assert read.group.members == set(PEOPLE[:3])
    assert read.group.membership is Membership.COMPLETE


async def test_a_cursor_that_is_refused_has_the_list_read_anew() -> None:
    kept = MemberPages((MembersPage((Account("gone"),), cursor="stale"),))

    def answer(request: httpx.Request) -> httpx.Response:
        is_stale = "cursor" in query_of(request)
        return status(400) if is_stale else listing(user("ann"))

    read = await members(FakeConfluence().answers(MEMBERS, answer), kept)

    assert read.group.members == {"ann"}
    assert not read.coverage.gaps
