"""How a call ends: retries, waits, tokens, and what is given up on."""

from email.utils import formatdate

import httpx
import pytest

from casb_sdk import Space
from casb_sdk.model import RoleMode
from connector.atlassian.reader import ReaderOptions
from connector.domain.errors import (
    AtlassianUnavailableError,
)
from connector.domain.reading import GroupReading
from tests.unit.atlassian.fake_confluence import (
    NOON,
    PREFIX,
    V1,
    V2,
    FakeConfluence,
    listing,
    ok,
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


@pytest.mark.parametrize(
    "failure",
    [
        status(500),
        status(502),
        status(503),
        status(504),
        status(522),
        status(408),
        raw(b"<!DOCTYPE html><h1>Log in</h1>"),
        raw(b"<html>", 404),
        raw(b""),
        raw(b"  "),
        raw(b'{"results":[{"accountId":"an'),
        httpx.DecodingError("broken gzip"),
        ok({"message": "there is no list here"}),
        httpx.ReadTimeout("slow"),
        httpx.RemoteProtocolError("peer closed connection"),
        httpx.ReadError("reset"),
        httpx.ConnectError("refused"),
    ],
    ids=lambda failure: f"{failure} {getattr(failure, 'content', b'')!r}",
)
async def test_a_failed_try_is_tried_again(
    failure: httpx.Response | Exception,
) -> None:
    confluence = FakeConfluence().answers(MEMBERS, failure, ONE_USER)

    read = await members(confluence)

    assert read.group.members == {"ann"}
    assert not read.coverage.gaps
    assert len(confluence.asked) == 2
    assert sum(confluence.time.slept) > 0


@pytest.mark.parametrize(
    ("failure", "reason", "tries"),
    [
        (status(503), "503", 7),
        (raw(b"<html>"), "html", 7),
        (raw(b""), "empty", 7),
        (raw(b'{"results":['), "cut", 7),
        (httpx.ReadError("reset"), "cut", 7),
        (httpx.ReadTimeout("slow"), "timeout", 7),
        (ok({}), "shape", 3),
        (status(403), "403", 1),
        (status(404), "404", 1),
        (status(410), "410", 1),
        (status(400), "400", 1),
        (out_of_scope(), "scope", 1),
    ],
)
async def test_what_cannot_be_read_is_a_gap_with_its_reason(
    failure: httpx.Response | Exception, reason: str, tries: int
) -> None:
    confluence = FakeConfluence().answers(MEMBERS, failure)

    read = await members(confluence)

    assert reasons(read) == [reason]
    assert len(confluence.asked) == tries


async def test_waits_double_and_end() -> None:
    confluence = FakeConfluence().answers(MEMBERS, status(503))

    await members(confluence)

    assert confluence.time.slept == [0.5, 1.0, 2.0, 4.0, 8.0, 15.0]


async def test_waits_are_spread() -> None:
    confluence = FakeConfluence().answers(MEMBERS, status(503), ONE_USER)
    reader = confluence.reader(random=1.0)

    await reader.group_members("g")

    assert confluence.time.slept == [1.0]


@pytest.mark.parametrize(
    ("value", "least"), [("7", 7.0), (formatdate(NOON + 60, usegmt=True), 60.0)]
)
@pytest.mark.parametrize("code", [429, 503])
async def test_retry_after_is_the_least_wait(
    code: int, value: str, least: float
) -> None:
    refusal = status(code, Retry_After=value)
    confluence = FakeConfluence().answers(MEMBERS, refusal, ONE_USER)

    read = await members(confluence)

    assert not read.coverage.gaps
    first, second = confluence.asked_at
    assert second - first >= least


async def test_refusals_for_the_number_of_calls_use_up_no_tries() -> None:
    storm = [status(429, Retry_After="1") for _ in range(MANY)]
    confluence = FakeConfluence().answers(MEMBERS, *storm, ONE_USER)

    read = await members(confluence)

    assert read.group.members == {"ann"}
    assert len(confluence.asked) == MANY + 1


async def test_refusals_for_the_number_of_calls_end_some_day() -> None:
    confluence = FakeConfluence().answers(MEMBERS, status(429))

    read = await members(confluence)

    assert reasons(read) == ["429"]
    assert sum(confluence.time.slept) <= 330.0


@pytest.mark.parametrize(
    "failure", [httpx.ConnectError("no route"), status(503), raw(b"<html>")], ids=repr
)
async def test_a_site_that_is_away_is_unavailable(
    failure: httpx.Response | Exception,
) -> None:
    confluence = FakeConfluence().answers(f"{V2}/spaces", failure)
    reader = confluence.reader()

    with pytest.raises(AtlassianUnavailableError):
        await reader.outline()
    await reader.aclose()


async def test_a_network_that_is_away_ends_the_scan_anywhere() -> None:
    confluence = FakeConfluence().answers(MEMBERS, httpx.ConnectError("no route"))

    with pytest.raises(AtlassianUnavailableError):
        await members(confluence)


async def test_three_endpoints_failing_with_nothing_working_is_an_outage() -> None:
    confluence = FakeConfluence()
    for path in (MEMBERS, f"{V1}/content/1/restriction", f"{V2}/spaces/1/permissions"):
        confluence.answers(path, status(503))
    reader = confluence.reader()

    await reader.group_members("g")
    await reader.restrictions("1")
    with pytest.raises(AtlassianUnavailableError):
        await reader.grants(Space("1", "DOCS"), RoleMode.PRE_ROLES)
    await reader.aclose()


async def test_a_refusal_in_between_shows_that_somebody_is_there() -> None:
    confluence = FakeConfluence().answers(f"{V1}/content/7/restriction", status(403))
    for path in (MEMBERS, f"{V1}/content/1/restriction", f"{V2}/spaces/1/permissions"):
        confluence.answers(path, status(503))
    reader = confluence.reader()

    await reader.group_members("g")
    await reader.restrictions("1")
    await reader.restrictions("7")
    grants = await reader.grants(Space("1", "DOCS"), RoleMode.PRE_ROLES)
    await reader.aclose()

    assert [gap.reason for gap in grants.coverage.gaps] == ["503"]


async def test_one_failing_endpoint_is_no_outage_and_is_tried_less() -> None:
    confluence = FakeConfluence().answers(MEMBERS, status(503))
    reader = confluence.reader()

    for _ in range(5):
        await reader.group_members("g")
    await reader.aclose()

    assert len(confluence.asked) == 3 * 7 + 2 * 2


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
async def test_a_redirect_is_never_followed(code: int) -> None:
    away = raw(b"", code, Location="https://evil.example/steal")
    confluence = FakeConfluence().answers(MEMBERS, away)

    read = await members(confluence)

    assert reasons(read) == ["redirect"]
    assert {request.url.host for request in confluence.asked} == {"api.atlassian.test"}


async def test_an_id_never_leaves_its_place_in_the_path() -> None:
    confluence = FakeConfluence()
    reader = confluence.reader()

    await reader.restrictions("../../space?x=1#y")
    await reader.aclose()

    [asked] = confluence.asked
    assert asked.url.raw_path.decode().startswith(
        f"{PREFIX}{V1}/content/..%2F..%2Fspace%3Fx%3D1%23y/restriction?"
    )


async def test_calls_retries_and_points_are_counted() -> None:
    confluence = FakeConfluence().answers(
        MEMBERS, status(503), status(429), listing(user("ann"), user("bob"))
    )
    reader = confluence.reader()

    await reader.group_members("g")
    await reader.aclose()

    spent = reader.spending
    assert (spent.calls, spent.retries) == (3, 2)
    assert spent.points == 1 + 0 + 5
