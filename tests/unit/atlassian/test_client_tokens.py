"""What a call does when its token or its scope is refused."""

import httpx
import pytest

from connector.atlassian.reader import ReaderOptions
from connector.domain.errors import (
    ConsentError,
    ScopeError,
)
from connector.domain.reading import GroupReading
from tests.unit.atlassian.fake_confluence import (
    V1,
    V2,
    FakeConfluence,
    listing,
    out_of_scope,
    raw,
    status,
    user,
)

MEMBERS = f"{V1}/group/g/membersByGroupId"
MANY = 40
ONE_USER = listing(user("ann"))


async def members(confluence: FakeConfluence, **options: object) -> GroupReading:
    reader = confluence.reader(ReaderOptions(**options))  # type: ignore[arg-type]
    try:
        return await reader.group_members("g")
    finally:
        await reader.aclose()


def reasons(read: GroupReading) -> list[str]:
    return [gap.reason for gap in read.coverage.gaps]


async def test_a_rejected_token_is_renewed_once() -> None:
    confluence = FakeConfluence().answers(MEMBERS, status(401), ONE_USER)

    read = await members(confluence)

    assert read.group.members == {"ann"}
    assert confluence.bearer.refreshed == 1
    assert confluence.asked[1].headers["Authorization"] == "Bearer token-1"
    assert confluence.time.slept == []


async def test_a_token_that_stays_rejected_is_a_gap() -> None:
    confluence = FakeConfluence().answers(MEMBERS, status(401))

    read = await members(confluence)

    assert reasons(read) == ["401"]
    assert confluence.bearer.refreshed == 1
    assert len(confluence.asked) == 2


async def test_a_token_another_call_renewed_is_taken_as_it_is() -> None:
    confluence = FakeConfluence()

    def reject_the_first_token(request: httpx.Request) -> httpx.Response:
        old = request.headers["Authorization"] == "Bearer token-0"
        return status(401) if old else ONE_USER

    for group in "ghi":
        path = f"{V1}/group/{group}/membersByGroupId"
        confluence.answers(path, reject_the_first_token)
    reader = confluence.reader()

    for group in "ghi":
        await reader.group_members(group)
    await reader.aclose()

    assert confluence.bearer.refreshed == 1


async def test_a_missing_scope_is_asked_for_once() -> None:
    confluence = FakeConfluence().answers(MEMBERS, out_of_scope())
    confluence.answers(f"{V1}/group/h/membersByGroupId", ONE_USER)
    reader = confluence.reader()

    first = await reader.group_members("g")
    second = await reader.group_members("h")
    await reader.aclose()

    assert reasons(first) == reasons(second) == ["scope"]
    assert len(confluence.asked) == 1
    assert confluence.bearer.refreshed == 0


@pytest.mark.parametrize(
    "refusal",
    [
        status(401, "Unauthorized; scope does not match"),
        raw(b"", 401, **{"X-Failure-Category": "FAILURE_CLIENT_SCOPE_CHECK"}),
    ],
)
async def test_a_scan_without_the_scope_for_spaces_ends(
    refusal: httpx.Response,
) -> None:
    confluence = FakeConfluence().answers(f"{V2}/spaces", refusal)
    reader = confluence.reader()

    with pytest.raises(ScopeError, match="read:space:confluence"):
        await reader.outline()
    await reader.aclose()


@pytest.mark.parametrize("code", [401, 403, 404])
async def test_a_site_that_refuses_its_spaces_needs_consent(code: int) -> None:
    confluence = FakeConfluence().answers(f"{V2}/spaces", status(code))
    reader = confluence.reader()

    with pytest.raises(ConsentError, match=str(code)):
        await reader.outline()
    await reader.aclose()
