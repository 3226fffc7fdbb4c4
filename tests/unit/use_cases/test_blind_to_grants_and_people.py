"""A scan that could not read who was given what resolves nothing that rests on it."""

from dataclasses import replace

import pytest

from casb_sdk import GapKind, Level
from casb_sdk.model import AccessClass, Lookup, Membership
from casb_sdk.testing import SiteBuilder
from connector.domain.difference import principal_ids
from connector.domain.finding_state import ChangeType, Resolution, Status
from connector.domain.sight import NOT_VISIBLE_FOR
from tests.fakes.reader import Trouble
from tests.unit.use_cases.scanning import World, expected, said
from tests.unit.use_cases.sites import leaky, mended

DOCS = leaky().space_id_of("DOCS")
APPS = leaky().space_id_of("APPS")


def in_space(world: World, space_id: str) -> set[Status]:
    return {t.status for t in world.findings if t.space_id == space_id}


async def test_unreadable_grants_resolve_nothing_of_the_space(world: World) -> None:
    await world.scan(leaky())

    await world.scan(mended().space("DOCS").cannot_read(GapKind.GRANTS, DOCS))

    assert in_space(world, DOCS) == {Status.OPEN}
    assert in_space(world, APPS) == {Status.RESOLVED}
    assert "grants_unreadable" in world.stale_reasons


async def test_a_space_whose_grants_came_empty_by_error_is_not_clean(
    world: World,
) -> None:
    await world.scan(leaky())
    snapshot = leaky().space("DOCS").cannot_read(GapKind.GRANTS, DOCS).snapshot()
    [docs, *others] = snapshot.spaces

    await world.scan(replace(snapshot, spaces=(replace(docs, grants=()), *others)))

    assert in_space(world, DOCS) == {Status.OPEN}
    assert world.resolutions == {None}


async def test_nobody_is_resolved_by_account_while_some_grants_are_unread(
    world: World,
) -> None:
    await world.scan(leaky())

    await world.scan(mended().space("STAFF").cannot_read(GapKind.GRANTS, "3"))

    accounts = world.of("external-access")
    assert {t.status for t in accounts} == {Status.OPEN}
    assert {t.stale.reason for t in accounts if t.stale} == {"grants_unreadable"}


@pytest.mark.parametrize("membership", [Membership.PARTIAL, Membership.UNREAD])
async def test_t78_a_group_that_breaks_midway_takes_nobody_out(
    world: World, membership: Membership
) -> None:
    def site() -> SiteBuilder:
        return SiteBuilder().guest("gus").guest("kim")

    def pages(site: SiteBuilder) -> SiteBuilder:
        return site.space("S").allows("team", Level.EDIT).page("P").page("Q")

    await world.scan(pages(site().group("team", "gus", "kim")))
    whole = said(world.open)

    await world.scan(pages(site().group("team", "kim", membership=membership)))

    names = {row[3] for row in whole}
    assert {row[3] for row in said(world.open)} == names
    assert world.resolutions == {None}
    assert "group_unreadable" in world.stale_reasons
    assert set(world.told) == {ChangeType.STALE}


async def test_a_group_that_can_be_read_again_settles_everything(
    world: World,
) -> None:
    def site(**how: Membership) -> SiteBuilder:
        return (
            SiteBuilder()
            .guest("gus")
            .group("team", "gus", **how)
            .space("S")
            .allows("team", Level.VIEW)
            .page("P")
        )

    await world.scan(site())
    await world.scan(site(membership=Membership.UNREAD))

    await world.scan(site())

    assert world.stale_reasons == {""}
    assert said(world.open) == expected(site())


async def test_an_unreadable_group_of_a_restriction_takes_nobody_out(
    world: World,
) -> None:
    def site(**how: Membership) -> SiteBuilder:
        return (
            SiteBuilder()
            .guest("gus")
            .group("team", *(() if how else ("gus",)), **how)
            .space("S")
            .allows("gus", Level.VIEW)
            .page("P")
            .restricted_to("team")
        )

    await world.scan(site())

    await world.scan(site(membership=Membership.UNREAD))

    [tracked] = world.of("external-content-view")
    assert tracked.stale is not None
    assert tracked.stale.reason == "group_unreadable"


async def test_an_unreadable_admin_group_takes_no_administrator_out(
    world: World,
) -> None:
    def site(**how: Membership) -> SiteBuilder:
        return (
            SiteBuilder()
            .outsider("olga")
            .group("admins", *(() if how else ("olga",)), gives="admin", **how)
            .space("S")
            .allows(AccessClass.ADMINS, Level.ADMIN)
            .page("P")
        )

    await world.scan(site())

    await world.scan(site(membership=Membership.UNREAD))

    assert world.resolutions == {None}
    assert "group_unreadable" in world.stale_reasons


async def test_an_account_that_could_not_be_looked_up_keeps_its_problems(
    world: World,
) -> None:
    await world.scan(leaky())
    snapshot = leaky().snapshot()
    accounts = dict(snapshot.directory.accounts)
    accounts["ghost"] = replace(
        accounts["ghost"], type="known", account_type="", lookup=Lookup.FAILED
    )
    gone = leaky().cannot_read(GapKind.ACCOUNT, "ghost")
    coverage = gone.snapshot().spaces[-1].coverage
    directory = replace(snapshot.directory, accounts=accounts, coverage=coverage)

    await world.scan(replace(snapshot, directory=directory))

    ghosts = [t for t in world.open if "ghost" in principal_ids(t.finding)]
    assert ghosts
    assert {t.stale.reason for t in ghosts if t.stale} == {"account_unreadable"}


async def test_a_failed_account_never_becomes_a_problem(world: World) -> None:
    site = SiteBuilder().undetermined("kim").space("S").allows("kim", Level.EDIT)

    await world.scan(site.page("P"))

    assert world.findings == []


async def test_a_listing_of_spaces_that_breaks_takes_no_space_away(
    world: World,
) -> None:
    await world.scan(leaky())
    trouble = Trouble(hidden_spaces={DOCS})
    site = SiteBuilder().cannot_read(GapKind.SPACES, "current")
    coverage = site.snapshot().directory.coverage
    snapshot = leaky().snapshot()
    directory = replace(snapshot.directory, coverage=coverage)

    await world.scan(replace(snapshot, directory=directory), trouble)

    assert world.resolutions == {None}
    assert "spaces_unreadable" in world.stale_reasons


async def test_t82_a_space_out_of_sight_is_a_gap_and_resolves_nothing(
    world: World,
) -> None:
    await world.scan(leaky())

    report = await world.scan(leaky(), Trouble(hidden_spaces={DOCS}))

    assert in_space(world, DOCS) == {Status.OPEN}
    assert report.coverage.ids(GapKind.NOT_VISIBLE) == {DOCS}
    reasons = {t.stale.reason for t in world.open if t.stale and t.space_id == DOCS}
    assert reasons == {"not_visible"}


async def test_a_space_out_of_sight_for_thirty_days_ends(world: World) -> None:
    await world.scan(leaky())
    await world.scan(leaky(), Trouble(hidden_spaces={DOCS}))
    world.now += NOT_VISIBLE_FOR
    await world.scan(leaky(), Trouble(hidden_spaces={DOCS}))

    assert in_space(world, DOCS) == {Status.RESOLVED}
    assert Resolution.NOT_VISIBLE in world.resolutions


async def test_a_deleted_space_ends_its_problems_and_its_snapshot(
    world: World,
) -> None:
    await world.scan(leaky())
    snapshot = leaky().snapshot()

    await world.scan(replace(snapshot, spaces=snapshot.spaces[1:]))

    ends = {t.resolution for t in world.findings if t.space_id == DOCS}
    assert ends == {Resolution.RESOURCE_DELETED}
    with world.begin(write=False) as stores:
        assert DOCS not in stores.snapshots.item_counts("acme")


async def test_a_clean_space_that_is_gone_leaves_no_snapshot(world: World) -> None:
    await world.scan(leaky())
    snapshot = leaky().snapshot()

    await world.scan(replace(snapshot, spaces=snapshot.spaces[:2]))

    with world.begin(write=False) as stores:
        assert set(stores.snapshots.item_counts("acme")) == {DOCS, APPS}


async def test_a_role_list_that_cannot_be_read_takes_no_role_away(
    world: World,
) -> None:
    def site() -> SiteBuilder:
        return (
            SiteBuilder()
            .on_roles()
            .guest("gus")
            .role("editor", "read/space", "update/page")
            .space("S")
            .assigns("editor", "gus")
            .page("P")
        )

    await world.scan(site())
    snapshot = site().snapshot()
    broken = SiteBuilder().cannot_read(GapKind.ROLE, "").snapshot().directory.coverage
    directory = replace(snapshot.directory, roles={}, coverage=broken)

    await world.scan(replace(snapshot, directory=directory))

    assert world.resolutions == {None}
    assert world.stale_reasons == {"role_unreadable"}
