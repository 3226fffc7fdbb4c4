"""What a site was made from is what the reader finds on it."""

from dataclasses import replace
from functools import cache

import pytest

from casb_sdk import GapKind, SiteSnapshot
from casb_sdk.cloud import CloudOptions, CloudSite
from casb_sdk.cloud.demo_site import demo_site
from casb_sdk.cloud.generator import generate_site
from casb_sdk.content import NO_PARENT
from casb_sdk.model import Membership, NodeState, RoleMode
from connector.atlassian.endpoints import CURRENT_USER
from connector.atlassian.reader import ReaderOptions
from tests.integration.atlassian.consenting import scopes_of
from tests.integration.atlassian.sites import Sites
from tests.integration.atlassian.whole_site import (
    WholeSite,
    audiences,
    read_site,
    true_audience,
    true_items,
    true_operations,
)

SEEDS = (1, 2, 3)
MODES = tuple(RoleMode)


@cache
def site_of(seed: int, mode: str, *, archived_every: int = 3) -> SiteSnapshot:
    """Return a small site on which every few spaces are archived."""
    site = generate_site(seed, 300, spaces=9, users=150, groups=20, role_mode=mode)
    spaces = tuple(
        replace(space, space=replace(space.space, status="archived"))
        if number % archived_every == 0
        else space
        for number, space in enumerate(site.spaces, start=1)
    )
    return replace(site, spaces=spaces)


async def whole(sites: Sites, site: SiteSnapshot, **options: object) -> WholeSite:
    cloud = sites.cloud(CloudSite(site), CloudOptions(**options))  # type: ignore[arg-type]
    return await read_site(sites.reader(cloud))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("seed", SEEDS)
async def test_a_site_reads_back_as_it_was_made(
    sites: Sites, seed: int, mode: str
) -> None:
    site = site_of(seed, mode)

    found = await whole(sites, site)

    assert found.outline.spaces == tuple(space.space for space in site.spaces)
    assert found.outline.role_mode == mode
    assert found.outline.product_groups_read
    assert not found.coverage.gaps
    assert not found.coverage.unknown_values
    for space in site.spaces:
        id_ = space.space.id
        assert found.operations(id_) == true_operations(site, space)
        assert found.items.get(id_, {}) == true_items(space)
    for group in site.directory.groups.values():
        assert found.groups[group.id] == replace(group, membership=Membership.COMPLETE)
    assert audiences(found.accounts) == {
        id_: true_audience(site, id_) for id_ in found.accounts
    }


@pytest.mark.parametrize("seed", SEEDS)
async def test_lists_that_come_cut_read_back_whole(sites: Sites, seed: int) -> None:
    site = site_of(seed, RoleMode.PRE_ROLES)

    found = await whole(sites, site, inline_subjects=2)

    assert found.cut
    for space in site.spaces:
        assert found.items.get(space.space.id, {}) == true_items(space)


async def test_the_demonstration_site_reads_back(sites: Sites) -> None:
    site = demo_site()

    found = await whole(sites, site)

    assert not found.coverage.gaps
    for space in site.spaces:
        assert found.operations(space.space.id) == true_operations(site, space)
        assert found.items.get(space.space.id, {}) == true_items(space)


@pytest.mark.parametrize("seed", SEEDS)
async def test_search_that_lists_archived_pages_changes_nothing(
    sites: Sites, seed: int
) -> None:
    site = site_of(seed, RoleMode.PRE_ROLES)

    found = await whole(sites, site, search_lists_archived=True)

    for space in site.spaces:
        assert found.items.get(space.space.id, {}) == true_items(space)


@pytest.mark.parametrize("refused", ["page", "blogpost", "whiteboard"])
async def test_what_search_refuses_comes_from_the_listings_or_is_a_gap(
    sites: Sites, refused: str
) -> None:
    site = site_of(1, RoleMode.PRE_ROLES)
    types = tuple(t for t in CloudOptions().search_types if t != refused)

    found = await whole(sites, site, search_types=types)

    has_listing = refused in {"page", "blogpost"}
    assert found.coverage.ids(GapKind.CONTENT_TYPE) == (
        frozenset() if has_listing else {refused}
    )
    for space in site.spaces:
        truth = true_items(space)
        if not has_listing:
            truth = {i: item for i, item in truth.items() if item.type != refused}
        assert found.items.get(space.space.id, {}) == truth


async def test_a_search_that_cannot_sort_is_read_all_the_same(sites: Sites) -> None:
    site = site_of(2, RoleMode.PRE_ROLES)

    found = await whole(sites, site, search_sorts=("title",))

    for space in site.spaces:
        assert found.items.get(space.space.id, {}) == true_items(space)


@pytest.mark.parametrize("seed", SEEDS)
async def test_every_parent_is_an_item_or_an_ancestor(sites: Sites, seed: int) -> None:
    site = site_of(seed, RoleMode.PRE_ROLES)

    found = await whole(sites, site)

    listed = {id_ for items in found.items.values() for id_ in items}
    parents = {
        item.parent_id for items in found.items.values() for item in items.values()
    }
    unlisted = parents - listed - {""}
    assert unlisted <= found.ancestors.keys()
    assert unlisted
    for space in site.spaces:
        table = space.content
        for row, id_ in enumerate(table.ids):
            ancestor = found.ancestors.get(id_)
            if ancestor is None or ancestor.state is NodeState.UNREADABLE:
                continue
            above = table.parents[row]
            assert ancestor.parent_id == (
                "" if above == NO_PARENT else table.ids[above]
            )


async def test_an_optional_scope_says_what_is_above_unlisted_items(
    sites: Sites,
) -> None:
    site = site_of(1, RoleMode.PRE_ROLES)
    scopes = scopes_of(with_optional=True)
    cloud = sites.cloud(CloudSite(site))

    found = await read_site(sites.reader(cloud, scopes, ReaderOptions(granted=scopes)))

    archived = {s.space.id for s in site.spaces if s.space.status == "archived"}
    folders = {
        item.parent_id
        for space_id in archived
        for item in found.items[space_id].values()
    } - {id_ for space_id in archived for id_ in found.items[space_id]}
    states = {
        found.ancestors[id_].state
        for id_ in folders - {""}
        if found.ancestors[id_].type not in {"page", "blogpost"}
    }
    assert states == {NodeState.ANCESTOR}


async def test_the_ledger_agrees_with_atlassians(sites: Sites) -> None:
    cloud = sites.cloud(CloudSite(site_of(3, RoleMode.TRANSITION)))
    reader = sites.reader(cloud)

    await read_site(reader)

    spent = reader.spending
    assert spent.calls == cloud.ledger.total_calls
    assert spent.points == cloud.ledger.total_points
    assert spent.calls_of[CURRENT_USER.name] == 1
