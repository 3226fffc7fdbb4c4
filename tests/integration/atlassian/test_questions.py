"""Fates, verdicts, resuming and the number of calls, against the simulated cloud."""

from dataclasses import replace
from math import ceil

import pytest

from casb_sdk import Level, SiteSnapshot
from casb_sdk.cloud import CheckAnswer, CloudOptions, CloudSite
from casb_sdk.cloud.demo_site import demo_site
from casb_sdk.cloud.generator import generate_site
from connector.atlassian import endpoints
from connector.atlassian.leftovers import AT_ONCE, PORTION
from connector.domain.reading import Fate, Verdict
from tests.integration.atlassian.sites import Sites
from tests.integration.atlassian.whole_site import WholeSite, read_content, true_items


def small_site() -> SiteSnapshot:
    return generate_site(6, 500, spaces=5, users=60, groups=10)


async def test_what_became_of_items_and_spaces(sites: Sites) -> None:
    site = small_site()
    [*kept, last] = site.spaces
    trashed = replace(last, space=replace(last.space, status="trashed"))
    site = replace(site, spaces=(*kept, trashed))
    items = {
        item.id: item.status
        for space in kept
        for item in space.content.items()
        if item.type in {"page", "blogpost"} and item.status != "draft"
    }
    reader = sites.reader(sites.cloud(CloudSite(site)))

    fates = await reader.content_fates([*items, "999999999"])
    spaces = await reader.space_fates([kept[0].space.id, last.space.id, "424242"])

    assert fates == {
        id_: Fate.DELETED if status == "trashed" else Fate.PRESENT
        for id_, status in items.items()
    } | {"999999999": Fate.NOT_VISIBLE}
    assert spaces == {
        kept[0].space.id: Fate.PRESENT,
        last.space.id: Fate.DELETED,
        "424242": Fate.NOT_VISIBLE,
    }


@pytest.mark.parametrize(
    ("allowed", "is_admin", "verdict"),
    [
        (True, True, {Verdict.ALLOWED, Verdict.DENIED}),
        (False, True, {Verdict.NO_CONFLUENCE}),
        (True, False, {Verdict.UNANSWERED}),
    ],
)
async def test_whether_anonymous_people_may_use_confluence(
    sites: Sites, *, allowed: bool, is_admin: bool, verdict: set[Verdict]
) -> None:
    site = demo_site()
    cloud = sites.cloud(
        CloudSite(site, installer_is_admin=is_admin, anonymous_allowed=allowed)
    )
    content_id = next(iter(true_items(site.spaces[0])))

    said = await sites.reader(cloud).anonymous_verdict(content_id)

    assert said in verdict


async def test_a_dead_account_is_told_from_a_refused_one(sites: Sites) -> None:
    site = demo_site()
    content_id = next(iter(true_items(site.spaces[0])))
    checks = {
        ("dead", content_id): CheckAnswer(
            False, "User is not allowed to use Confluence"
        ),
        ("refused", content_id): CheckAnswer(False, "User does not have permission"),
        ("welcome", content_id): CheckAnswer(True),
    }
    reader = sites.reader(sites.cloud(CloudSite(site, checks=checks)))

    said = [
        await reader.verdict(account_id, content_id, Level.EDIT)
        for account_id in ("dead", "refused", "welcome")
    ]

    assert said == [Verdict.NO_CONFLUENCE, Verdict.DENIED, Verdict.ALLOWED]


async def test_a_stream_left_anywhere_goes_on_where_it_was(sites: Sites) -> None:
    site = small_site()
    archived = replace(site.spaces[1].space, status="archived")
    spaces = list(site.spaces)
    spaces[1] = replace(spaces[1], space=archived)
    site = replace(site, spaces=tuple(spaces))
    cloud = sites.cloud(CloudSite(site), CloudOptions(search_cap=60))
    outline = await sites.reader(cloud).outline()
    found, resume = WholeSite(outline), None
    calls = cloud.ledger.total_calls

    while True:
        reader = sites.reader(cloud)
        pages = reader.content(outline.spaces, resume)
        page = await anext(pages)
        await pages.aclose()
        for entry in page.found:
            found.items.setdefault(entry.space_id, {})[entry.item.id] = entry.item
        resume = page.resume
        if resume is None:
            break

    for space in site.spaces:
        assert found.items.get(space.space.id, {}) == true_items(space)
    once = WholeSite(outline)
    left = cloud.ledger.total_calls - calls
    await read_content(sites.reader(cloud), outline.spaces, once)
    listed = [item for item in true_items(spaces[1]).values() if item.type == "page"]
    again = ceil(len(listed) / PORTION) - 1
    # For each portion of a page but the first the page is listed again, and so are
    # the items whose answers were under way when the stream was left.
    assert again > 0
    repeated = left - (cloud.ledger.total_calls - calls - left)
    assert again <= repeated <= again * (1 + AT_ONCE)


async def test_content_is_read_in_the_fewest_calls(sites: Sites) -> None:
    site = small_site()
    cloud = sites.cloud(CloudSite(site))
    reader = sites.reader(cloud)
    outline = await reader.outline()
    before = reader.spending.calls_of

    await read_content(reader, outline.spaces, WholeSite(outline))

    searched = sum(
        item.status == "current"
        for space in site.spaces
        for item in true_items(space).values()
    )
    archived = sum(
        item.status == "archived"
        for space in site.spaces
        for item in true_items(space).values()
    )
    calls = reader.spending.calls_of
    assert calls[endpoints.SEARCH.name] == ceil(searched / 200)
    assert calls[endpoints.PAGES.name] == 1
    assert calls.get(endpoints.RESTRICTION.name, 0) == archived
    assert calls[endpoints.SPACES.name] == before[endpoints.SPACES.name]
