"""Everything that is known to go wrong, and what is left of the site after it."""

from dataclasses import replace

import pytest

from casb_sdk import GapKind, SiteSnapshot
from casb_sdk.cloud import CloudOptions, CloudSite, Fault, FaultKind, RunningCloud
from casb_sdk.cloud.generator import generate_site
from casb_sdk.model import Membership, RoleMode
from connector.atlassian import endpoints
from connector.atlassian.capabilities import SearchCapabilities
from connector.atlassian.endpoints import Endpoint
from connector.atlassian.reader import ReaderOptions
from connector.domain.errors import (
    AtlassianUnavailableError,
    ConsentError,
    ScopeError,
)
from tests.integration.atlassian.consenting import scopes_of
from tests.integration.atlassian.sites import Sites
from tests.integration.atlassian.whole_site import (
    WholeSite,
    read_content,
    read_site,
    true_items,
    true_operations,
)

CALLS = "/wiki/*"
SEARCH = "*/content/search"
MEMBERS = "*/membersByGroupId"
PERMISSIONS = "*/permissions"


def small_site() -> SiteSnapshot:
    return generate_site(4, 300, spaces=4, users=60, groups=10)


def running(sites: Sites, site: SiteSnapshot, **options: object) -> RunningCloud:
    changed = CloudOptions(**options)  # type: ignore[arg-type]
    return sites.cloud(CloudSite(site), changed)


def assert_whole(found: WholeSite, site: SiteSnapshot) -> None:
    assert not found.coverage.gaps
    for space in site.spaces:
        id_ = space.space.id
        assert found.items.get(id_, {}) == true_items(space)
        assert found.operations(id_) == true_operations(site, space)
    for group in site.directory.groups.values():
        assert found.groups[group.id].members == group.members


PASSING = {
    "20 % 503": Fault(FaultKind.STATUS, CALLS, status=503, probability=0.2),
    "20 % 503 with Retry-After": Fault(
        FaultKind.STATUS, CALLS, status=503, probability=0.2, seconds=3
    ),
    "20 % gateway 429": Fault(FaultKind.GATEWAY_LIMIT, CALLS, probability=0.2),
    "20 % burst 429": Fault(FaultKind.RATE_LIMIT, CALLS, probability=0.2, seconds=1),
    "20 % html": Fault(FaultKind.HTML, CALLS, status=200, probability=0.2),
    "20 % html with 404": Fault(FaultKind.HTML, CALLS, status=404, probability=0.2),
    "20 % empty": Fault(FaultKind.EMPTY, CALLS, probability=0.2),
    "20 % cut": Fault(FaultKind.CUT, CALLS, probability=0.2),
    "20 % truncated": Fault(FaultKind.TRUNCATED, CALLS, probability=0.2),
    "a storm on search": Fault(FaultKind.RATE_LIMIT, SEARCH, seconds=1, count=60),
    "a spent quota": Fault(FaultKind.QUOTA, CALLS, seconds=60, count=3, after=5),
    "an expired token": Fault(FaultKind.EXPIRED_TOKEN, CALLS, count=1, after=7),
}


@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING)
async def test_what_passes_leaves_no_trace(sites: Sites, fault: Fault) -> None:
    site = small_site()
    cloud = running(sites, site)
    cloud.faults.add(fault)
    reader = sites.reader(cloud)

    found = await read_site(reader)

    assert_whole(found, site)
    assert reader.spending.retries > 0


async def test_a_page_too_large_for_the_site_is_halved_for_good(sites: Sites) -> None:
    site = small_site()
    cloud = running(sites, site)
    cloud.faults.add(Fault(FaultKind.STATUS, SEARCH, status=504, limit_above=60))
    reader = sites.reader(cloud)

    found = await read_site(reader)

    assert_whole(found, site)
    kept = SearchCapabilities.from_text(reader.capabilities.to_text())
    assert 25 <= kept.query.limit <= 60
    again = sites.reader(cloud, options=ReaderOptions(capabilities=kept))
    cloud.ledger.reset()
    await read_content(again, found.outline.spaces, WholeSite(found.outline))
    assert not cloud.ledger.refused


async def test_an_hour_of_points_is_waited_for(sites: Sites) -> None:
    site = small_site()
    cloud = running(sites, site, points_per_hour=400, hour=30.0)
    reader = sites.reader(cloud)

    found = await read_site(reader)

    assert_whole(found, site)
    assert cloud.ledger.refused[429] <= 20


async def test_a_long_quota_says_when_to_come_back(sites: Sites) -> None:
    cloud = running(sites, small_site(), points_per_hour=20)
    reader = sites.reader(cloud)

    with pytest.raises(AtlassianUnavailableError) as unavailable:
        await read_site(reader)

    assert unavailable.value.retry_after is not None
    assert 120 < unavailable.value.retry_after <= 3700


async def test_an_announced_quota_stops_nobody(sites: Sites) -> None:
    site = small_site()
    cloud = running(sites, site, points_per_hour=20, beta_headers=True)
    reader = sites.reader(cloud)

    found = await read_site(reader)

    assert_whole(found, site)
    assert reader.spending.retries == 0


async def test_a_burst_limit_is_lived_with(sites: Sites) -> None:
    site = small_site()
    cloud = running(sites, site, burst_per_second=5.0)
    reader = sites.reader(cloud, options=ReaderOptions(concurrency=10))

    found = await read_site(reader)

    assert_whole(found, site)


LASTING = {
    "grants": (PERMISSIONS, GapKind.GRANTS),
    "members": (MEMBERS, GapKind.GROUP),
    "content": (SEARCH, GapKind.CONTENT),
}


@pytest.mark.parametrize(("path", "kind"), LASTING.values(), ids=LASTING)
@pytest.mark.parametrize("status", [403, 500])
async def test_what_lasts_is_a_gap_and_nothing_else(
    sites: Sites, path: str, kind: GapKind, status: int
) -> None:
    cloud = running(sites, small_site())
    cloud.faults.add(Fault(FaultKind.STATUS, path, status=status))

    found = await read_site(sites.reader(cloud))

    assert {gap.kind for gap in found.coverage.gaps} == {kind}
    assert {gap.reason for gap in found.coverage.gaps} == {str(status)}


@pytest.mark.parametrize(
    "kind", [FaultKind.REPEATED_CURSOR, FaultKind.EMPTY_PAGE, FaultKind.FOREIGN_NEXT]
)
async def test_paging_that_breaks_ends_and_is_a_gap(
    sites: Sites, kind: FaultKind
) -> None:
    site = generate_site(4, 900, spaces=2, users=60, groups=10)
    cloud = running(sites, site)
    cloud.faults.add(Fault(kind, SEARCH, after=1))
    found = WholeSite(await sites.reader(cloud).outline())

    await read_content(sites.reader(cloud), found.outline.spaces, found)

    searched = {s.space.id for s in site.spaces if s.space.status == "current"}
    assert found.coverage.ids(GapKind.CONTENT) == searched
    assert {gap.reason for gap in found.coverage.gaps} == {"paging_broke"}
    for space in site.spaces:
        items = found.items.get(space.space.id, {})
        assert items.items() <= true_items(space).items()


async def test_a_member_list_that_breaks_midway_is_partial(sites: Sites) -> None:
    site = generate_site(5, 300, spaces=2, users=500, groups=6)
    [everybody] = [
        g for g in site.directory.groups.values() if g.name == "confluence-users"
    ]
    cloud = running(sites, site)
    cloud.faults.add(Fault(FaultKind.STATUS, MEMBERS, query="start=200", status=503))

    read = await sites.reader(cloud).group_members(everybody.id)

    assert read.group.membership is Membership.PARTIAL
    assert read.group.members < everybody.members
    assert len(read.group.members) == 200


async def test_an_enumeration_nobody_documented_spoils_nothing(sites: Sites) -> None:
    cloud = running(sites, small_site())
    cloud.faults.add(Fault(FaultKind.UNKNOWN_ENUM))

    found = await read_site(sites.reader(cloud))

    assert not found.coverage.gaps
    assert found.coverage.unknown_values["principal.type=martian"] > 0


@pytest.mark.parametrize("endpoint", [endpoints.SPACES, endpoints.SEARCH])
async def test_without_an_essential_scope_there_is_no_scan(
    sites: Sites, endpoint: Endpoint
) -> None:
    reader = sites.reader(running(sites, small_site()), scopes_of(endpoint))

    with pytest.raises(ScopeError, match=endpoint.scope):
        await read_site(reader)


@pytest.mark.parametrize(
    ("endpoint", "kinds"),
    [
        (endpoints.PAGES, {GapKind.CONTENT}),
        (endpoints.MEMBERS, {GapKind.GROUP, GapKind.GROUPS}),
        (endpoints.RESTRICTION, {GapKind.RESTRICTION}),
        (endpoints.USERS_BULK, set()),
        (endpoints.ROLE_MODE, set()),
    ],
)
async def test_without_another_scope_there_are_gaps(
    sites: Sites, endpoint: Endpoint, kinds: set[GapKind]
) -> None:
    reader = sites.reader(running(sites, small_site()), scopes_of(endpoint))

    found = await read_site(reader)

    assert {gap.kind for gap in found.coverage.gaps} == kinds
    assert {gap.reason for gap in found.coverage.gaps} <= {"scope"}


async def test_roles_out_of_scope_are_read_as_permissions(sites: Sites) -> None:
    site = generate_site(
        4, 300, spaces=4, users=60, groups=10, role_mode=RoleMode.ROLES
    )
    cloud = running(sites, site)
    reader = sites.reader(cloud, scopes_of(endpoints.ASSIGNMENTS))

    found = await read_site(reader)

    assert found.coverage.ids(GapKind.ROLE) == {""}
    for space in site.spaces:
        assert found.operations(space.space.id) == true_operations(site, space)


async def test_a_site_the_grant_does_not_reach_needs_consent(sites: Sites) -> None:
    cloud = running(sites, small_site())
    reader = sites.reader(cloud)
    cloud.oauth.forget_site(small_site().directory.site.cloud_id)

    with pytest.raises(ConsentError):
        await reader.outline()


async def test_hidden_items_leave_a_tree_that_claims_nothing_false(
    sites: Sites,
) -> None:
    site = small_site()
    hidden = frozenset(
        table.ids[parent]
        for table in (space.content for space in site.spaces)
        for parent in list(dict.fromkeys(table.parents))[1:4]
        if parent >= 0
    )
    cloud = sites.cloud(CloudSite(site, hidden_ids=hidden))
    found = WholeSite(await sites.reader(cloud).outline())

    await read_content(sites.reader(cloud), found.outline.spaces, found)

    for space in site.spaces:
        listed = found.items.get(space.space.id, {})
        assert listed.keys() == true_items(space).keys() - hidden


async def test_a_space_with_a_hostile_key_is_read(sites: Sites) -> None:
    site = small_site()
    [first, *rest] = site.spaces
    owner = "~557058:f58131cb-b67d-43c7-b30d-6b58d40bd077"
    renamed = replace(first.space, key=owner, type="personal")
    site = replace(site, spaces=(replace(first, space=renamed), *rest))
    cloud = running(sites, site)

    found = await read_site(sites.reader(cloud))

    assert_whole(found, site)
    assert owner in {space.key for space in found.outline.spaces}
