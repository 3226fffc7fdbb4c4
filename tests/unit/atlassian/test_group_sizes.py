"""How many members a group has, as the site counts them."""

import httpx
import pytest

from casb_sdk.model import Membership
from tests.unit.atlassian.fake_confluence import (
    FakeConfluence,
    listing,
    status,
    user,
)
from tests.unit.atlassian.test_crawl_people import MEMBERS, members


async def size_of(confluence: FakeConfluence) -> int | None:
    reader = confluence.reader()
    try:
        return await reader.group_size("g")
    finally:
        await reader.aclose()


async def test_the_size_of_a_group_is_what_the_site_counts() -> None:
    many = FakeConfluence().answers(MEMBERS, listing(user("ann"), totalSize=7))

    assert await size_of(many) == 7
    assert (await members(many)).size == 7
    assert many.queries(MEMBERS)[0] == {"limit": "1", "shouldReturnTotalSize": "true"}


@pytest.mark.parametrize("answer", [listing(user("ann")), status(403), status(500)])
async def test_a_size_that_is_not_told_is_not_zero(answer: httpx.Response) -> None:
    confluence = FakeConfluence().answers(MEMBERS, answer)

    assert await size_of(confluence) is None
    assert (await members(confluence)).size is None


async def test_a_group_that_could_not_be_read_whole_has_no_size() -> None:
    link = "/rest/api/group/g/membersByGroupId?start=200"
    first = listing(user("ann"), following=link, totalSize=2)
    confluence = FakeConfluence().answers(MEMBERS, first, status(500))

    read = await members(confluence)

    assert (read.group.membership, read.size) == (Membership.PARTIAL, None)
