"""What every engine owes a scan, with real processes that die, stop and meet."""

import signal
import time
from collections.abc import Iterator

import pytest

from connector.domain.scan import (
    MOST_DEATHS,
    Scan,
    ScanStatus,
    UnitKind,
    UnitStatus,
    Urgency,
)
from connector.store.announce import Announce, tell_nobody
from connector.store.database import Database
from connector.store.engines import Engines
from connector.store.seal import Seal
from connector.work.procrastination import Announcer, jobs_app, make_tables
from tests.contract.engine_process import LEASE, RHYTHM, units_of
from tests.contract.engine_room import (
    PATIENCE,
    PROCRASTINATE,
    EngineRoom,
    pages_of,
    read_once,
    readers,
    shards,
    wait_until,
)

LOCAL_SQLITE, LOCAL_POSTGRESQL = "local", "local on postgresql"
SWEEP = "TRUNCATE procrastinate_jobs, procrastinate_workers CASCADE"


@pytest.fixture(params=[LOCAL_SQLITE, LOCAL_POSTGRESQL, PROCRASTINATE])
def work(request: pytest.FixtureRequest) -> str:
    """Name the engine, and what it works on."""
    return str(request.param)


@pytest.fixture
def engine(work: str) -> str:
    """Name the kind of database the test runs on."""
    return "sqlite" if work == LOCAL_SQLITE else "postgresql"


@pytest.fixture
def room(work: str, engines: Engines, url: str) -> Iterator[EngineRoom]:
    """Return an engine with a site of six shards, and nobody who works yet."""
    announce: Announce = tell_nobody
    if work == PROCRASTINATE:
        app = jobs_app(url)
        make_tables(app)
        announce = Announcer(app)
    database = Database(engines, Seal.of(()), announce=announce)
    room = EngineRoom(work, url, database, {"acme": shards(6)})
    if work == PROCRASTINATE:
        with room.connected() as connection:
            connection.execute(SWEEP)
    yield room
    room.close()


only_jobs = pytest.mark.parametrize("work", [PROCRASTINATE], indirect=True)
only_postgresql = pytest.mark.parametrize(
    "work", [LOCAL_POSTGRESQL, PROCRASTINATE], indirect=True
)


def test_two_workers_read_every_page_exactly_once(room: EngineRoom) -> None:
    room.sites["acme"] = shards(12, pause=0.04)
    one, other = room.worker(2), room.worker(2)
    scan = room.start()

    report = room.end_of(scan)

    assert read_once(report) == pages_of(room.sites, "acme")
    assert readers(report) == {one.pid, other.pid}
    assert {unit.status for unit in room.units(scan).values()} == {UnitStatus.DONE}
    assert [one.stop(), other.stop()] == [0, 0]


def test_a_worker_that_is_killed_in_mid_page_is_not_missed(room: EngineRoom) -> None:
    room.sites["acme"] = shards(8, pages=5, pause=0.05)
    victim, _ = room.worker(), room.worker()
    scan = room.start()
    room.wait_for_pages(scan, 2, victim)

    victim.kill()

    report = room.end_of(scan)
    assert read_once(report) == pages_of(room.sites, "acme")
    assert victim.pid in readers(report)


def test_what_a_zombie_writes_after_its_lease_does_not_count(room: EngineRoom) -> None:
    room.sites["acme"] = shards(8, pages=8, pause=0.15)
    zombie, heir = room.worker(), room.worker()
    scan = room.start()
    room.wait_for_pages(scan, 2, zombie)

    room.freeze(zombie)
    before = room.pages_by(zombie, scan)
    wait_until(lambda: _units(before) & _units(room.pages_by(heir, scan)) != set())
    zombie.send(signal.SIGCONT)

    report = room.end_of(scan)
    assert read_once(report) == pages_of(room.sites, "acme")
    assert readers(report) == {zombie.pid, heir.pid}
    assert zombie.stop() == 0


def _units(pages: list[str]) -> set[str]:
    return {page.partition("/")[0] for page in pages}


def test_nobody_writes_after_a_scan_is_cancelled(room: EngineRoom) -> None:
    room.sites["acme"] = shards(8, pages=20, pause=0.03)
    workers = [room.worker(), room.worker()]
    scan = room.start()
    room.wait_for_pages(scan, 5)

    with room.database.begin() as stores:
        assert stores.ledger.cancel(scan.id, room.database.now())
    before = _progress(room, scan)
    time.sleep(0.3)

    assert room.scan(scan).status is ScanStatus.CANCELLED
    assert room.staged(scan) == []
    assert _progress(room, scan) == before
    room.sites["acme"] = shards(2)
    again = room.start()
    assert again.id != scan.id
    wait_until(lambda: len(room.staged(again)) > 2)
    assert [worker.stop() for worker in workers] == [0, 0]


def _progress(room: EngineRoom, scan: Scan) -> dict[str, tuple[UnitStatus, str]]:
    """Return how far units are; one may be claimed while its scan is cancelled."""
    return {name: (unit.status, unit.cursor) for name, unit in room.units(scan).items()}


def test_a_poisoned_unit_is_parked_and_the_rest_is_done(room: EngineRoom) -> None:
    room.sites["acme"] = shards(3)
    room.sites["acme"]["poisoned"] = {"pages": 9, "pause": 0.01, "fails": "always"}
    room.worker()
    scan = room.start()

    report = room.end_of(scan)

    poisoned = room.units(scan)["poisoned"]
    assert report.parked == ("poisoned",)
    assert (poisoned.status, poisoned.error) == (UnitStatus.PARKED, "odd")
    assert (poisoned.failures, poisoned.attempts) == (2, 3)
    others = {page for page in read_once(report) if not page.startswith("poisoned")}
    assert len(others) == 9


def test_a_unit_that_kills_every_worker_is_parked(room: EngineRoom) -> None:
    room.sites["acme"] = shards(1)
    room.sites["acme"]["killer"] = {"pages": 1, "pause": 0, "kills": True}
    scan = room.start()
    begin, now = room.database.begin, room.database.now()
    with begin() as stores:
        [directory] = stores.ledger.claim(scan.id, "test", now, LEASE, 1)
        stores.ledger.add_units(scan.id, units_of(scan.id, room.sites["acme"]))
        stores.ledger.finish_unit(directory, "test")
    for _ in range(MOST_DEATHS - 2):
        with begin() as stores:
            killer = next(u for u in stores.ledger.units(scan.id) if u.id == "killer")
            assert stores.ledger.claim_one(killer, "dead", now, LEASE)
            stores.ledger.disown(scan.id, lambda owner: owner == "dead")

    codes = [room.worker().process.wait(PATIENCE) for _ in range(2)]
    room.worker()

    report = room.end_of(scan)
    assert codes == [-signal.SIGKILL] * 2
    assert report.parked == ("killer",)
    assert room.units(scan)["killer"].deaths == MOST_DEATHS
    assert room.units(scan)["shard-0"].status is UnitStatus.DONE


def test_a_giant_site_lets_a_small_one_pass(room: EngineRoom) -> None:
    room.sites |= {"giant": shards(200, pages=1, pause=0.1), "small": shards(4)}
    room.worker(4)
    giant = room.start("giant")
    room.wait_for_pages(giant, 4)

    small = room.start("small")
    room.end_of(small)

    assert room.scan(giant).status is ScanStatus.RUNNING
    assert len(room.staged(giant)) < 100


def test_who_waits_at_a_terminal_overtakes_who_was_scheduled(room: EngineRoom) -> None:
    room.sites |= {
        "scheduled": shards(24, pages=1, pause=0.1),
        "wanted": shards(24, pages=1, pause=0.1),
    }
    room.worker(4)
    scheduled = room.start("scheduled")
    room.wait_for_pages(scheduled, 2)

    wanted = room.start("wanted", Urgency.INTERACTIVE)
    room.end_of(wanted)

    assert room.scan(scheduled).status is ScanStatus.RUNNING


def test_units_in_trouble_at_once_are_one_setback_and_who_asks_again_ends_the_rest(
    room: EngineRoom,
) -> None:
    room.sites["acme"] = shards(4)
    for shard in room.sites["acme"].values():
        shard["fails"] = "once"
    room.worker(4)
    scan = room.start()
    wait_until(lambda: room.scan(scan).setbacks > 0)
    time.sleep(0.3)
    resting = room.scan(scan)

    asked_at = time.monotonic()
    room.start("acme", Urgency.INTERACTIVE)
    report = room.end_of(scan)

    assert (resting.setbacks, resting.error) == (1, "Atlassian is away.")
    assert read_once(report) == pages_of(room.sites, "acme")
    assert time.monotonic() - asked_at < 25


@only_postgresql
def test_workers_outlive_a_database_that_goes_away_again(
    room: EngineRoom,
) -> None:
    room.sites["acme"] = shards(8, pages=6, pause=0.05)
    workers = [room.worker(2), room.worker(2)]
    scan = room.start()
    room.wait_for_pages(scan, 4)

    for _ in range(2):
        room.end_every_connection()
        time.sleep(RHYTHM.heartbeat)

    report = room.end_of(scan)
    assert {unit.failures for unit in room.units(scan).values()} == {0}
    assert read_once(report) == pages_of(room.sites, "acme")
    pids = {worker.pid for worker in workers}
    wait_until(lambda: readers(room.end_of(room.start())) == pids)
    assert [worker.stop() for worker in workers] == [0, 0]


@only_jobs
def test_a_worker_that_was_taken_for_dead_begins_again(room: EngineRoom) -> None:
    worker = room.worker(2)
    room.end_of(room.start())
    with room.connected() as connection:
        connection.execute("DELETE FROM procrastinate_workers")

    report = room.end_of(room.start())

    assert read_once(report) == pages_of(room.sites, "acme")
    assert worker.stop() == 0


@only_jobs
def test_jobs_that_are_lost_are_announced_anew(room: EngineRoom) -> None:
    scan = room.start()
    lost = room.jobs(scan)
    with room.connected() as connection:
        connection.execute("DELETE FROM procrastinate_jobs")

    room.worker()

    assert lost == ["directory"]
    assert read_once(room.end_of(scan)) == pages_of(room.sites, "acme")


@only_jobs
def test_a_transaction_that_fails_leaves_neither_unit_nor_job(room: EngineRoom) -> None:
    scan = room.start()

    def fail() -> None:
        with room.database.begin() as stores:
            stores.ledger.add_units(scan.id, units_of(scan.id, shards(3)))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()

    assert room.jobs(scan) == ["directory"]
    assert [unit.kind for unit in room.units(scan).values()] == [UnitKind.DIRECTORY]
    with room.database.begin() as stores:
        stores.ledger.add_units(scan.id, units_of(scan.id, shards(2)))
        stores.ledger.add_units(scan.id, units_of(scan.id, shards(2)))
    assert room.jobs(scan) == ["directory", "shard-0", "shard-1", "site"]
