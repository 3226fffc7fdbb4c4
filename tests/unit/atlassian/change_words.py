"""The words of the tests about what changed on a site."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from casb_sdk import Space
from connector.atlassian.reader import ReaderOptions
from connector.domain.reading import ContentPage
from tests.unit.atlassian.content_words import SEARCH
from tests.unit.atlassian.fake_confluence import FakeConfluence, item, listing

SINCE = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
NEXT = "/rest/api/content/search?next=true&cursor={}&limit=200&cql=x"


def changed(id_: str, minutes: float, *above: str, **more: Any) -> dict[str, Any]:
    """Return an item that changed so many minutes after the moment asked about."""
    when = SINCE + timedelta(minutes=minutes)
    return item(id_, *above, version={"number": 2, "when": when.isoformat()}, **more)


def in_space(number: int) -> dict[str, Any]:
    return {"space": {"id": number, "key": f"S{number}"}}


async def changes(
    site: FakeConfluence,
    *spaces: Space,
    resume: str | None = None,
    options: ReaderOptions | None = None,
) -> list[ContentPage]:
    reader = site.reader(options)
    try:
        return [page async for page in reader.changes(SINCE, spaces, resume)]
    finally:
        await reader.aclose()


def searched(*rows: dict[str, Any], following: str = "") -> httpx.Response:
    return listing(*rows, following=NEXT.format(following) if following else "")


def answering(*answers: httpx.Response | Exception) -> FakeConfluence:
    return FakeConfluence().answers(SEARCH, *answers)
