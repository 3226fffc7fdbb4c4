"""Whatever keeps the changes from being told whole is told instead."""

from typing import Any

import httpx
import pytest

from connector.atlassian.capabilities import Query, SearchCapabilities
from connector.atlassian.legacy import REFERENCE
from connector.atlassian.reader import ReaderOptions
from connector.domain.errors import (
    AtlassianUnavailableError,
    CasbError,
    ConsentError,
    NotToldError,
    ScopeError,
)
from tests.unit.atlassian.change_words import (
    SINCE,
    answering,
    changed,
    changes,
    searched,
)
from tests.unit.atlassian.content_words import found_ids
from tests.unit.atlassian.fake_confluence import item, out_of_scope, status


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ((item("1"), item("2", version={"number": 1, "when": "?"})), "when"),
        ((changed("1", 5), changed("2", 7)), "last changes first"),
        ((changed("1", 5), changed("2", 4, space=None)), "which space"),
        ((changed("1", 5), changed("2", 4, space={"key": "DOCS"})), "which space"),
    ],
)
async def test_a_search_that_cannot_be_relied_on_does_not_tell(
    rows: tuple[dict[str, Any], ...], reason: str
) -> None:
    with pytest.raises(NotToldError, match=reason):
        await changes(answering(searched(*rows)))


async def test_the_order_is_watched_over_all_pages() -> None:
    site = answering(
        searched(changed("1", 5), following="c1"), searched(changed("2", 8))
    )

    with pytest.raises(NotToldError, match="first"):
        await changes(site)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (status(400, "Could not parse cql : order by lastmodified"), "400"),
        (status(403), "403"),
        (status(500), "500"),
        (httpx.Response(200, json={"no": "list"}), "shape"),
    ],
)
async def test_a_search_that_fails_does_not_tell(
    answer: httpx.Response, reason: str
) -> None:
    with pytest.raises(NotToldError, match=f"content/search: {reason}"):
        await changes(answering(answer))


async def test_half_of_the_changes_are_never_taken_for_all() -> None:
    site = answering(searched(changed("1", 5), following="c1"), status(500))
    reader = site.reader()
    pages = aiter(reader.changes(SINCE, ()))

    first = await anext(pages)

    assert found_ids([first]) == ["1"]
    assert first.resume
    with pytest.raises(NotToldError):
        await anext(pages)
    await reader.aclose()


async def test_where_search_lists_no_blog_posts_it_cannot_tell() -> None:
    known = SearchCapabilities(Query(200, ("page",)), is_proven=True)
    site = answering(searched())

    with pytest.raises(NotToldError, match="blogpost"):
        await changes(site, options=ReaderOptions(capabilities=known))

    assert not site.asked


async def test_the_reference_profile_cannot_tell_and_does_not_ask() -> None:
    site = answering(searched())

    with pytest.raises(NotToldError, match="no scope"):
        await changes(site, options=ReaderOptions(profile=REFERENCE))

    assert not site.asked


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (status(401), ConsentError),
        (out_of_scope(), ScopeError),
        (httpx.ConnectError("no route"), AtlassianUnavailableError),
    ],
)
async def test_what_ends_a_scan_ends_it_here_too(
    answer: httpx.Response | Exception, error: type[CasbError]
) -> None:
    with pytest.raises(error):
        await changes(answering(answer))
