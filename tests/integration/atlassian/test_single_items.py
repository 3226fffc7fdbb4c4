"""Single items are found where they are, below what they are, whoever lists them."""

from dataclasses import replace

import pytest

from casb_sdk import ContentItem, GapKind, SiteSnapshot, SpaceSnapshot
from casb_sdk.cloud import CloudOptions, CloudSite, Fault, FaultKind
from casb_sdk.cloud.generator import generate_site
from casb_sdk.content import ContentTable
from casb_sdk.model import OPEN, NodeState
from connector.atlassian.legacy import REFERENCE
from connector.atlassian.profiles import CURRENT, profile_named
from connector.atlassian.reader import ReaderOptions
from connector.domain.reading import ContentPage
from tests.integration.atlassian.sites import Sites

SCOPES = profile_named(REFERENCE).scopes
BY_V2 = frozenset({"page", "blogpost"})


def site() -> SiteSnapshot:
    """Return a site with a space in the archive that holds pages and posts only."""
    whole = generate_site(6, 300, spaces=4, users=60, groups=10)
    first, *rest = whole.spaces
    kept = (
        first.content.item(row)
        for row in range(len(first.content))
        if {first.content.types[above] for above in first.content.chain(row)} <= BY_V2
    )
    old = replace(first.space, status="archived")
    archived = replace(first, space=old, content=ContentTable.of(kept))
    return replace(whole, spaces=(archived, *rest))


def readable(space: SpaceSnapshot) -> list[ContentItem]:
    return [
        item for item in space.content.items() if item.status in {"current", "archived"}
    ]


def chains(page: ContentPage) -> dict[str, tuple[str, ...]]:
    """Return the ancestors of each item found, the nearest first."""
    parents = {e.item.id: e.item.parent_id for e in (*page.ancestors, *page.found)}

    def above(id_: str) -> tuple[str, ...]:
        parent = parents.get(id_, "")
        return (parent, *above(parent)) if parent else ()

    return {each.item.id: above(each.item.id) for each in page.found}


async def test_items_are_found_in_their_space_below_what_is_above_them(
    sites: Sites,
) -> None:
    place = site()
    reader = sites.reader(sites.cloud(CloudSite(place)))

    for space in place.spaces:
        items = readable(space)
        content = space.content
        truth = {
            item.id: tuple(
                content.ids[row]
                for row in content.chain(content.ids.index(item.id))[1:]
            )
            for item in items
            if item.status == "current" or item.type in BY_V2
        }
        page = await reader.items([item.id for item in items])

        assert page.coverage.is_complete
        asked = {item.id: item for item in items}
        found = {e.item.id: e for e in page.found if e.item.id in asked}
        assert {e.space_id for e in found.values()} == {space.space.id}
        for id_, above in truth.items():
            assert chains(page)[id_] == above
            known = replace(asked[id_], read=OPEN, update=OPEN)
            assert replace(found[id_].item, read=OPEN, update=OPEN) == known


async def test_who_is_gone_or_was_never_there_is_not_found(sites: Sites) -> None:
    reader = sites.reader(sites.cloud(CloudSite(site())))

    page = await reader.items(["424242", "no number"])

    assert page == ContentPage()


@pytest.mark.parametrize("profile", [CURRENT, REFERENCE])
async def test_a_call_that_fails_is_a_gap_and_not_an_absence(
    sites: Sites, profile: str
) -> None:
    place = site()
    some = readable(place.spaces[1])[0].id
    options = CloudOptions(legacy_listings=True)
    cloud = sites.cloud(CloudSite(place), options)
    cloud.faults.add(Fault(FaultKind.STATUS, "*/content/*", status=403))
    reader = sites.reader(cloud, None, ReaderOptions(profile=profile))

    page = await reader.items([some])

    assert not page.found
    assert page.coverage.ids(GapKind.CONTENT) == {some}


async def test_the_old_profile_asks_for_each_item(sites: Sites) -> None:
    place = site()
    items = [i for i in readable(place.spaces[1]) if i.type in BY_V2][:5]
    options = CloudOptions(legacy_listings=True)
    cloud = sites.cloud(CloudSite(place), options)
    reader = sites.reader(cloud, SCOPES, ReaderOptions(profile=REFERENCE))

    page = await reader.items([*(item.id for item in items), "424242"])

    assert {each.item.id for each in page.found} == {item.id for item in items}
    assert reader.spending.calls == len(items) + 1
    assert all(each.item.state is NodeState.ANCESTOR for each in page.ancestors)
