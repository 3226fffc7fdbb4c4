"""A scan that dies at any moment goes on to the same end, and nothing is doubled."""

import asyncio
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from casb_sdk import ContentItem, Level
from casb_sdk.content import ContentTable
from casb_sdk.model import NodeState
from casb_sdk.testing import SiteBuilder
from connector.domain.errors import AtlassianUnavailableError, CasbError
from connector.domain.finding_state import ChangeType
from connector.domain.reading import AccountsReading, RestrictionReading
from connector.domain.scan import ScanStatus, UnitKind
from connector.store.database import Database
from connector.use_cases.readings import ReadingKind, value_of
from tests.fakes.reader import FakeReader, Trouble
from tests.fakes.stores import OneFile
from tests.unit.use_cases.scanning import AT_ONCE, World, expected, said
from tests.unit.use_cases.sites import leaky

SITE = (
    leaky()
    .guest("kim")
    .group("team", "kim")
    .space("TREE")
    .allows("kim", Level.EDIT)
    .ancestor("Folder", NodeState.ANCESTOR)
    .restricted_to("team")
    .page("Leaf", under="Folder")
    .page("Long list")
    .restricted_to("team", "kim")
)
CUT = {SITE.id_of("Long list")}
MOST_CALLS = 24
ITEMS = 11
AFTER_THE_LEASES = timedelta(minutes=6)


def reader(**trouble: object) -> FakeReader:
    settings = Trouble(cut=CUT, **trouble)  # type: ignore[arg-type]
    return FakeReader(SITE.snapshot(), settings, page_size=2)


@pytest.fixture(scope="module")
def seen_before(migrated_file: Path) -> Path:
    """Return a database that knows the spaces as large, so that each is a shard."""
    path = migrated_file.with_name("seen-before.db")
    shutil.copy(migrated_file, path)
    pages = ContentTable.of(ContentItem(str(number)) for number in range(5_000))
    database = Database.open(f"sqlite:///{path}")
    with database.begin() as stores:
        for space in SITE.snapshot().spaces:
            large = replace(space, content=pages)
            stores.snapshots.save_space("acme", "an earlier scan", large)
    database.close()
    return path


@pytest.fixture
def world(seen_before: Path, one_file: OneFile) -> Iterator[World]:
    """A connector that cuts the site into four shards."""
    one_file.filled_from(seen_before)
    database = one_file.open()
    yield World(database.begin)
    database.close()


def staged_calls(world: World) -> tuple[set[str], set[str]]:
    """Return the calls whose answers are kept, and the accounts looked up."""
    kept: set[str] = set()
    accounts: set[str] = set()
    with world.begin(write=False) as stores:
        scan = stores.ledger.latest("acme", ScanStatus.RUNNING)
        assert scan is not None
        if stores.ledger.reading_keys(scan.id, ReadingKind.OUTLINE):
            kept.add("outline")
        for kind in (ReadingKind.GRANTS, ReadingKind.GROUP):
            keys = stores.ledger.reading_keys(scan.id, kind)
            kept |= {f"{kind} {key}" for key in keys}
        for read in stores.ledger.readings(scan.id, ReadingKind.RESTRICTION):
            kept.add(f"restrictions {value_of(read, RestrictionReading).content_id}")
        for read in stores.ledger.readings(scan.id, ReadingKind.ACCOUNTS):
            accounts |= {a.id for a in value_of(read, AccountsReading).accounts}
        for unit in stores.ledger.units(scan.id):
            if unit.kind is not UnitKind.SHARD or not unit.cursor:
                continue
            names, end = "+".join(unit.space_ids), 1_000
            if unit.cursor.startswith("read:"):
                end = int(unit.cursor.removeprefix("read:"))
            kept |= {f"content {names} {start}" for start in range(end)}
    return kept, accounts


def created(world: World) -> Counter[str]:
    changes = world.recorder.changes
    return Counter(c.finding.id for c in changes if c.type is ChangeType.CREATED)


async def test_these_tests_die_at_every_call(world: World) -> None:
    whole = reader()

    await world.scan_with(whole)

    # Who is looked up together depends on who is first.
    assert MOST_CALLS - 6 < len(whole.calls) < MOST_CALLS
    assert said(world.open) == expected(SITE)


@pytest.mark.parametrize("is_killed", [False, True], ids=["outage", "kill -9"])
@pytest.mark.parametrize("call", range(1, MOST_CALLS))
async def test_a_scan_that_dies_at_any_call_goes_on_to_the_same_end(
    world: World, call: int, *, is_killed: bool
) -> None:
    def die() -> None:
        world.recorder.is_dead = is_killed

    first = reader(from_call=call, at_call={call: die})
    try:
        await world.scan_with(first)
    except CasbError:
        created_before = created(world)
    else:
        assert len(first.calls) < call, "it did not die"
        return
    kept, looked_up = staged_calls(world)
    world.recorder.is_dead = False

    second = reader()
    later = AFTER_THE_LEASES if is_killed else AT_ONCE
    report = await world.scan_with(second, later=later)

    assert said(world.open) == expected(SITE)
    assert set((created_before + created(world)).values()) == {1}
    assert sum(report.changes.values()) == len(world.open)
    assert not kept.intersection(second.calls)
    asked = {c for c in second.calls if c.startswith("accounts ")}
    assert not looked_up & {id_ for c in asked for id_ in c.split()[1:]}
    assert report.items == ITEMS
    if not is_killed:
        assert report.spending.calls == len(first.calls) + len(second.calls)
        assert report.spending.calls_of == dict(
            Counter(c.partition(" ")[0] for c in first.calls + second.calls)
        )


async def test_a_scan_that_dies_again_and_again_gets_there(world: World) -> None:
    for _ in range(200):
        stumbling = reader(from_call=5)
        try:
            await world.scan_with(stumbling, later=AT_ONCE)
        except AtlassianUnavailableError:
            continue
        break

    assert said(world.open) == expected(SITE)
    [report] = [await world.scan_with(reader())]
    assert report.changes == {"refreshed": len(world.open)}
    assert report.parked == ()


async def test_a_scan_that_was_interrupted_by_hand_goes_on(world: World) -> None:
    never = asyncio.Event()

    class Slow(FakeReader):
        async def group_members(self, *_: object) -> None:  # type: ignore[override]
            await never.wait()

    scan = asyncio.ensure_future(world.scan_with(Slow(SITE.snapshot())))
    await asyncio.sleep(0.2)

    scan.cancel()
    with pytest.raises(asyncio.CancelledError):
        await scan
    await world.scan_with(reader(), later=AT_ONCE)

    assert said(world.open) == expected(SITE)


async def test_progress_counts_what_an_earlier_run_has_read(world: World) -> None:
    with pytest.raises(AtlassianUnavailableError):
        await world.scan_with(reader(from_call=MOST_CALLS - 6))

    told: list[int] = []
    await world.scan_with(
        reader(), progress=lambda p: told.append(p.items), later=AT_ONCE
    )

    assert told[0] > 0
    assert told[-1] == ITEMS


async def test_an_interrupted_scan_of_a_space_is_ended_before_one_of_the_site(
    world: World,
) -> None:
    with pytest.raises(AtlassianUnavailableError):
        await world.scan_with(reader(from_call=8), frozenset({"TREE"}))

    report = await world.scan_with(reader(), later=AT_ONCE)

    assert report.scan.only_spaces == frozenset()
    assert said(world.open) == expected(SITE)


async def test_an_interrupted_scan_of_the_site_covers_one_of_a_space(
    world: World,
) -> None:
    with pytest.raises(AtlassianUnavailableError):
        await world.scan_with(reader(from_call=8))

    report = await world.scan_with(reader(), frozenset({"TREE"}), later=AT_ONCE)

    assert report.spaces == 4


async def test_two_processes_share_a_scan(world: World) -> None:
    one, two = reader(), reader()

    reports = await asyncio.gather(
        world.scan_with(one), World(world.begin, now=world.now).scan_with(two)
    )

    assert reports[0] == reports[1]
    assert said(world.open) == expected(SITE)
    assert {tracked.version for tracked in world.open} == {1}


async def test_waiting_shards_leave_room_for_the_directory_of_a_dead_process(
    world: World,
) -> None:
    site = SiteBuilder().guest("gus")
    for number in range(30):
        site.space(f"S{number}").allows("gus", Level.VIEW).page(f"P{number}")
    world.at_once = 2

    def die() -> None:
        world.recorder.is_dead = True

    killed = Trouble(from_call=8, at_call={8: die})
    with pytest.raises(CasbError):
        await world.scan(site, killed)
    world.recorder.is_dead = False
    again = asyncio.ensure_future(
        world.scan_with(FakeReader(site.snapshot()), later=AT_ONCE)
    )
    await asyncio.sleep(1.5)
    assert not again.done()

    world.now += AFTER_THE_LEASES
    await again

    assert said(world.open) == expected(site)
