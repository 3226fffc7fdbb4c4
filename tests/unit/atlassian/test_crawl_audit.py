"""The audit log is read whole or not at all."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from connector.atlassian import endpoints
from connector.atlassian.endpoints import READ_AUDIT_LOG
from connector.atlassian.reader import ReaderOptions
from connector.domain.errors import AtlassianUnavailableError
from connector.domain.reading import AuditEvent, AuditReading
from tests.unit.atlassian.fake_confluence import (
    V1,
    Answer,
    FakeConfluence,
    by_query,
    listing,
    out_of_scope,
    status,
)

AUDIT = f"{V1}/audit"
SINCE = datetime(2026, 11, 20, 9, 0, 0, 123_000, tzinfo=UTC)
START = int(SINCE.timestamp() * 1000)
GRANTED = ReaderOptions(granted=frozenset({READ_AUDIT_LOG}))


def line(created: object, **more: Any) -> dict[str, Any]:
    return {
        "author": {"type": "user", "displayName": "Ann", "accountId": "ann"},
        "remoteAddress": "192.0.2.1",
        "creationDate": created,
        "summary": "Content restriction added",
        "description": "",
        "category": "Permissions",
        "sysAdmin": False,
        "superAdmin": False,
        "affectedObject": {"name": "Budget", "objectType": "Page"},
        "changedValues": [],
        "associatedObjects": [{"name": "Finance", "objectType": "Space"}],
    } | more


async def audit(
    *answers: Answer, options: ReaderOptions = GRANTED
) -> tuple[AuditReading, FakeConfluence]:
    site = FakeConfluence().answers(AUDIT, *answers)
    reader = site.reader(options)
    try:
        return await reader.audit(SINCE), site
    finally:
        await reader.aclose()


async def test_events_name_their_objects() -> None:
    reading, site = await audit(listing(line(START + 1000)))

    assert reading.events == (
        AuditEvent(
            datetime(2026, 11, 20, 9, 0, 1, 123_000, tzinfo=UTC),
            "Permissions",
            "Content restriction added",
            (("Budget", "Page"), ("Finance", "Space")),
        ),
    )
    assert site.queries(AUDIT) == [{"startDate": str(START), "limit": "1000"}]


async def test_a_log_without_events_is_empty_and_was_read() -> None:
    reading, _ = await audit(listing())

    assert reading == AuditReading(())


async def test_what_has_no_name_is_left_out() -> None:
    bare = line(START, affectedObject={"name": "", "objectType": ""})
    bare["associatedObjects"] = [{"name": None}, {"name": "Finance"}]

    reading, _ = await audit(
        listing(bare, line(START, affectedObject=None, associatedObjects=None))
    )

    assert reading.events is not None
    assert {e.objects for e in reading.events} == {(("Finance", ""),), ()}


async def test_all_pages_are_read_and_the_newest_event_is_first() -> None:
    first = listing(
        line(START + 3000), line(START + 2000), following=f"{AUDIT}?start=2"
    )
    second = listing(line(START + 2000), line(START + 9000))
    reading, site = await audit(by_query("start", {"": first, "2": second}))

    assert reading.events is not None
    seconds = [(event.at - SINCE).total_seconds() for event in reading.events]
    assert seconds == [9, 3, 2]
    assert len(site.asked) == 2


async def test_a_full_page_without_a_next_link_is_not_the_last() -> None:
    full = listing(*[line(START + n) for n in range(1000)])
    reading, _ = await audit(
        by_query("start", {"": full, "1000": listing(line(START + 5000))})
    )

    assert reading.events is not None
    assert len(reading.events) == 1001


async def test_without_the_scope_nobody_asks() -> None:
    reading, site = await audit(listing(), options=ReaderOptions())

    assert reading == AuditReading(None)
    assert not site.asked


@pytest.mark.parametrize(
    "answer",
    [
        status(403),
        status(404),
        status(500),
        status(401),
        out_of_scope(),
        httpx.Response(200, json={"no": "list"}),
        listing(line(None)),
        listing(line("yesterday")),
        listing(line(10**18)),
        listing(line(START - 1)),
    ],
)
async def test_what_cannot_be_read_is_not_an_empty_log(answer: httpx.Response) -> None:
    reading, _ = await audit(answer)

    assert reading == AuditReading(None)


async def test_a_log_that_breaks_off_is_not_told() -> None:
    first = listing(line(START), following=f"{AUDIT}?start=1")

    reading, _ = await audit(first, status(500))

    assert reading == AuditReading(None)


async def test_a_list_that_repeats_itself_is_not_told() -> None:
    same = listing(*[line(START + n) for n in range(1000)])

    reading, site = await audit(same)

    assert reading == AuditReading(None)
    assert len(site.asked) == 2


async def test_a_network_that_is_away_ends_the_scan() -> None:
    with pytest.raises(AtlassianUnavailableError):
        await audit(httpx.ConnectError("no route"))


async def test_an_event_costs_a_point() -> None:
    site = FakeConfluence().answers(AUDIT, listing(line(START), line(START + 1)))
    reader = site.reader(GRANTED)

    await reader.audit(SINCE)
    await reader.aclose()

    assert reader.spending.points_of == {endpoints.AUDIT.name: 3}
