"""What a call does when it was one too many: pauses, and for whom."""

import httpx
import pytest

from connector.atlassian.reader import ReaderOptions
from connector.domain.errors import (
    AtlassianUnavailableError,
)
from connector.domain.reading import GroupReading
from tests.unit.atlassian.fake_confluence import (
    NOON,
    V1,
    V2,
    FakeConfluence,
    listing,
    ok,
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


async def test_a_burst_limit_pauses_its_endpoint_alone() -> None:
    refusal = status(429, Retry_After="9", RateLimit_Reason="confluence-burst-based")
    confluence = FakeConfluence()
    confluence.answers(MEMBERS, refusal, ONE_USER)
    confluence.answers(f"{V1}/group/h/membersByGroupId", ONE_USER)
    confluence.answers(f"{V1}/content/1/permission/check", ok({"hasPermission": True}))
    reader = confluence.reader(ReaderOptions(concurrency=1))

    await reader.group_members("g")
    before = confluence.time.now
    await reader.anonymous_verdict("1")
    await reader.aclose()

    assert confluence.time.now == before


@pytest.mark.parametrize(
    "refusal",
    [
        status(429, Retry_After="50", RateLimit_Reason="confluence-quota-global-based"),
        status(429, Retry_After="50", RateLimit_Reason="conf-global-based"),
        status(429, RateLimit='"global-app-quota";r=0;t=50'),
        status(429, X_RateLimit_Remaining="0", X_RateLimit_Reset=str(NOON + 50)),
    ],
    ids=lambda refusal: str(sorted(refusal.headers.items())),
)
async def test_a_spent_quota_pauses_everything(refusal: httpx.Response) -> None:
    confluence = FakeConfluence()
    confluence.answers(MEMBERS, refusal, ONE_USER)
    confluence.answers(f"{V1}/user/bulk", ONE_USER)
    confluence.answers(f"{V2}/users-bulk", ONE_USER)

    read = await members(confluence)

    first, second = confluence.asked_at
    assert second - first >= 50.0
    assert read.group.members == {"ann"}


async def test_the_gateway_limiter_without_a_time_backs_off() -> None:
    refusal = status(
        429, X_Failure_Category="FAILURE CLIENT RATE LIMITED", X_Ratelimit_Remaining="0"
    )
    confluence = FakeConfluence().answers(MEMBERS, refusal, refusal, ONE_USER)

    read = await members(confluence)

    assert read.group.members == {"ann"}
    assert confluence.time.slept == [0.5, 1.0]


async def test_a_quota_longer_than_the_patience_says_when_to_come_back() -> None:
    refusal = status(
        429, Retry_After="1847", RateLimit_Reason="confluence-quota-global-based"
    )
    confluence = FakeConfluence().answers(MEMBERS, refusal)

    with pytest.raises(AtlassianUnavailableError) as unavailable:
        await members(confluence)

    assert unavailable.value.retry_after == 1847.0
    assert len(confluence.asked) == 1


async def test_a_patient_reader_sits_the_hour_out() -> None:
    refusal = status(
        429, Retry_After="1847", RateLimit_Reason="confluence-quota-global-based"
    )
    confluence = FakeConfluence().answers(MEMBERS, refusal, ONE_USER)

    read = await members(confluence, patience=3700.0)

    assert read.group.members == {"ann"}
    first, second = confluence.asked_at
    assert second - first >= 1847.0


async def test_a_long_burst_pause_holds_back_others_too() -> None:
    refusal = status(429, Retry_After="1847", RateLimit_Reason="confluence-burst-based")
    confluence = FakeConfluence().answers(MEMBERS, refusal)
    confluence.answers(f"{V1}/group/h/membersByGroupId", ONE_USER)
    reader = confluence.reader()

    first = await reader.group_members("g")
    second = await reader.group_members("h")
    await reader.aclose()

    assert reasons(first) == reasons(second) == ["429"]
    assert len(confluence.asked) == 1


async def test_a_quota_that_is_just_spent_is_not_run_into() -> None:
    spent = listing(user("ann"), following="/rest/api/group/g?start=200")
    spent.headers["RateLimit"] = '"global-app-quota";r=0;t=40'
    confluence = FakeConfluence().answers(MEMBERS, spent, ONE_USER)

    await members(confluence)

    first, second = confluence.asked_at
    assert second - first == 40.0


async def test_an_announced_limit_stops_nobody() -> None:
    spent = listing(user("ann"), following="/rest/api/group/g?start=200")
    spent.headers["Beta-RateLimit"] = '"global-app-quota";r=0;t=40'
    spent.headers["Beta-Retry-After"] = "40"
    confluence = FakeConfluence().answers(MEMBERS, spent, listing(user("bob")))

    await members(confluence)

    assert confluence.time.slept == []
