"""An incremental scan knows what a full one knows, as far as there are traces."""

import random
from collections.abc import Sequence
from dataclasses import replace

import pytest

from casb_sdk import SiteSnapshot, SpaceSnapshot
from casb_sdk.cloud.generator import generate_site
from casb_sdk.model import RoleMode
from connector.domain.errors import AtlassianUnavailableError
from connector.domain.finding_state import TrackedFinding
from tests.e2e.test_scan_equals_the_model import with_the_absent
from tests.fakes.reader import Trouble
from tests.unit.use_cases import mutating
from tests.unit.use_cases.mutating import Mutation, mutated
from tests.unit.use_cases.renewing import reader_of, renew
from tests.unit.use_cases.scanning import AT_ONCE, DAY, World

SEEDS = range(3)
CHANGES = 12
TRACED: tuple[Mutation, ...] = (
    mutating.some_grant_goes,
    mutating.some_grant_comes,
    mutating.somebody_joins_a_group,
    mutating.some_item_moves,
    mutating.some_item_goes,
)
AUDITED: tuple[Mutation, ...] = (*TRACED, mutating.some_limits_change)


def site_of(seed: int) -> SiteSnapshot:
    return with_the_absent(generate_site(seed, 80, 6, users=40, groups=9))


async def renewed_and_scanned(
    world: World, seed: int, kinds: Sequence[Mutation], *, audited: bool
) -> None:
    """Scan a site, let it change, scan it incrementally, and then whole again."""
    rng = random.Random(seed)  # noqa: S311 - no secret
    before = mutated(site_of(seed), rng, 20)
    await world.scan(before)
    after = mutated(before, rng, CHANGES, kinds)
    reader = reader_of(before, after, audited=audited, world=world)
    await renew(world, reader)
    known, kept = list(map(what, world.findings)), snapshots(world)

    await world.scan(after)

    assert world.told == []
    assert list(map(what, world.findings)) == known
    assert snapshots(world) == kept


def what(tracked: TrackedFinding) -> tuple[object, ...]:
    """Return how a finding stands, without what time adds to it."""
    return tracked.id, tracked.status, tracked.resolution, tracked.evidence_digest


def snapshots(world: World) -> list[SpaceSnapshot]:
    with world.begin(write=False) as stores:
        return list(stores.snapshots.spaces(world.reader.site.directory.site.cloud_id))


@pytest.mark.parametrize("seed", SEEDS)
async def test_after_it_a_full_scan_finds_nothing_new(world: World, seed: int) -> None:
    await renewed_and_scanned(world, seed, TRACED, audited=False)


@pytest.mark.parametrize("seed", SEEDS)
async def test_restrictions_too_where_the_audit_log_names_them(
    world: World, seed: int
) -> None:
    await renewed_and_scanned(world, seed, AUDITED, audited=True)


def calls_of(world: World, kind: str) -> list[str]:
    """Return the calls of one kind that the last scan made."""
    return [call for call in world.reader.calls if call.split()[0] == kind]


async def scanned(world: World) -> SiteSnapshot:
    """Return a site that was scanned whole."""
    site = site_of(1)
    await world.scan(site)
    return site


async def test_where_nothing_changed_only_tripwires_and_grants_are_read(
    world: World,
) -> None:
    site = await scanned(world)
    small = {g.id for g in site.directory.groups.values() if len(g.members) <= 5}

    report = await renew(world, reader_of(site, site))

    assert not calls_of(world, "content")
    assert len(calls_of(world, "changes")) == len(calls_of(world, "count_items")) == 1
    assert len(calls_of(world, "grants")) == len(site.spaces)
    assert {call.split()[1] for call in calls_of(world, "group")} <= small
    assert report.renewal is not None
    assert report.renewal.kept == report.spaces == len(site.spaces)
    assert world.told == []


async def test_with_the_audit_log_grants_are_read_where_it_names_a_space(
    world: World,
) -> None:
    site = await scanned(world)
    after = mutated(site, random.Random(5), 1, [mutating.some_grant_comes])  # noqa: S311

    report = await renew(world, reader_of(site, after, audited=True, world=world))

    assert len(calls_of(world, "grants")) == 1
    assert report.renewal is not None
    assert report.renewal.audited
    assert report.renewal.grants_read == 1


async def test_where_the_site_went_over_to_roles_all_grants_are_read(
    world: World,
) -> None:
    site = await scanned(world)
    directory = replace(site.directory, role_mode=RoleMode.TRANSITION)
    after = replace(site, directory=directory)

    await renew(world, reader_of(site, after, audited=True, world=world))

    assert len(calls_of(world, "grants")) == len(site.spaces)


async def test_it_tells_how_old_restrictions_are_at_most(world: World) -> None:
    site = await scanned(world)
    first = world.now

    report = await renew(world, reader_of(site, site))

    assert f"restrictions_as_of:{first.isoformat()}" in report.coverage.notes
    assert report.renewal is not None
    assert report.renewal.restrictions_as_of == first


async def test_restrictions_that_left_no_trace_are_found_within_the_bound(
    world: World,
) -> None:
    site = await scanned(world)
    limits = [mutating.some_limits_change]
    after = mutated(site, random.Random(3), 6, limits)  # noqa: S311
    reader = reader_of(site, after)
    first = world.now

    while world.now < first + 7 * DAY:
        await renew(world, reader)
    known = list(map(what, world.findings))
    report = await renew(world, reader)

    assert report.renewal is not None
    assert report.renewal.restrictions_as_of is not None
    assert report.renewal.restrictions_as_of > first
    await world.scan(after)
    assert world.told == []
    assert list(map(what, world.findings)) == known


@pytest.mark.parametrize("trouble", ["changes", "counts", "people", "consent"])
async def test_whenever_too_little_is_told_everything_is_read(
    world: World, trouble: str
) -> None:
    site = await scanned(world)
    reader = reader_of(site, site)
    if trouble == "changes":
        reader.changed = None
    elif trouble == "counts":
        reader.trouble.counts = False
    elif trouble == "people":
        world.set(internal_domains=frozenset({"other.example"}))
    else:
        world.account = "another"

    report = await renew(world, reader)

    assert report.renewal is not None
    assert report.renewal.reason
    assert report.renewal.whole == {"all": len(site.spaces)}
    assert len(calls_of(world, "grants")) == len(site.spaces)
    assert calls_of(world, "content")


async def test_a_site_never_scanned_is_scanned_whole(world: World) -> None:
    site = site_of(1)

    report = await renew(world, reader_of(site, site))

    assert report.renewal is not None
    assert report.renewal.reason == "the site was never scanned whole"
    assert report.spaces == len(site.spaces)


async def test_a_space_given_up_last_time_is_read_whole(world: World) -> None:
    site = site_of(1)
    lost = site.spaces[0].space.id
    await world.scan(site, Trouble(breaks_after={lost: 1}))

    report = await renew(world, reader_of(site, site))

    assert report.renewal is not None
    assert report.renewal.whole["unread"] >= 1
    await world.scan(site)
    assert world.told == []


@pytest.mark.parametrize("nth", [2, 4, 7, 11, 16])
async def test_an_interrupted_one_goes_on_where_it_was(world: World, nth: int) -> None:
    before = site_of(2)
    await world.scan(before)
    after = mutated(before, random.Random(2), CHANGES, AUDITED)  # noqa: S311
    broken = reader_of(before, after, audited=True, world=world)
    broken.trouble = Trouble(from_call=nth)
    with pytest.raises(AtlassianUnavailableError):
        await renew(world, broken)
    again = reader_of(before, after)
    again.events = broken.events

    await renew(world, again, later=AT_ONCE)

    assert bool(calls_of(world, "changes")) is (nth <= 2)
    await world.scan(after)
    assert world.told == []
