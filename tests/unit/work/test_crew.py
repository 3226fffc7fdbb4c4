"""Several scans at once in one process: shares, trouble, urgency, the end."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from connector.domain.errors import AtlassianUnavailableError, DatabaseAwayError
from connector.domain.scan import Scan, ScanReport, ScanStatus, Urgency
from connector.domain.store_ports import Begin
from connector.work.crew import Crew, share_of
from tests.unit.work.office import NOON, PATIENCE, until

MINUTE = timedelta(minutes=1)
Room = Callable[[], int]


class Sites:
    """Scans of several sites, which end, fail or wait as a test wants."""

    def __init__(self, begin: Begin) -> None:
        self.begin = begin
        self.now = NOON
        self.fails: dict[str, list[BaseException]] = {}
        self.waits: dict[str, asyncio.Event] = {}
        self.rooms: dict[str, Room] = {}
        self.stop = False

    def crew(self) -> Crew:
        return Crew(self.begin, lambda: self.now, self._go_on, room=24, look_every=0.01)

    async def work(self) -> int:
        return await asyncio.wait_for(
            self.crew().work(lambda: not self.stop), timeout=PATIENCE
        )

    def start(self, site_id: str, urgency: Urgency = Urgency.SCHEDULED) -> Scan:
        with self.begin() as stores:
            return stores.ledger.start(site_id, (), self.now, urgency)[0]

    def scan_of(self, site_id: str) -> Scan:
        with self.begin(write=False) as stores:
            scan = stores.ledger.latest(site_id)
        assert scan is not None
        return scan

    def rest_of(self, site_id: str) -> timedelta:
        rest_until = self.scan_of(site_id).rest_until
        assert rest_until is not None
        return rest_until - self.now

    async def _go_on(self, scan: Scan, room: Room) -> None:
        self.rooms[scan.site_id] = room
        if errors := self.fails.get(scan.site_id):
            raise errors.pop(0)
        if wait := self.waits.get(scan.site_id):
            await wait.wait()
        done = replace(scan, status=ScanStatus.DONE, finished_at=self.now)
        with self.begin() as stores:
            stores.ledger.finish(ScanReport(done))


@pytest.fixture
def sites(begin: Begin) -> Sites:
    return Sites(begin)


async def test_every_open_scan_is_worked_on_until_none_is_left(sites: Sites) -> None:
    for site_id in ("acme", "beta", "core"):
        sites.start(site_id)

    assert await sites.work() == 3
    assert not sites.crew().is_wanted()


async def test_a_slow_site_does_not_keep_the_others_waiting(sites: Sites) -> None:
    sites.waits["acme"] = asyncio.Event()
    sites.start("acme")
    sites.start("beta")
    work = asyncio.ensure_future(sites.work())

    await until(lambda: sites.scan_of("beta").status is ScanStatus.DONE)
    assert sites.scan_of("acme").status is ScanStatus.RUNNING
    sites.waits["acme"].set()
    assert await work == 2


async def test_a_scan_that_begins_meanwhile_is_taken_up(sites: Sites) -> None:
    sites.waits["acme"] = asyncio.Event()
    sites.start("acme")
    work = asyncio.ensure_future(sites.work())
    await until(lambda: "acme" in sites.rooms)

    sites.start("beta")
    await until(lambda: sites.scan_of("beta").status is ScanStatus.DONE)
    sites.waits["acme"].set()
    assert await work == 2


async def test_trouble_lets_one_scan_rest_and_the_others_go_on(sites: Sites) -> None:
    sites.fails["acme"] = [AtlassianUnavailableError("Atlassian is away.", "Wait.")]
    sites.start("acme")
    sites.start("beta")

    assert await sites.work() == 1

    resting = sites.scan_of("acme")
    assert resting.status is ScanStatus.RUNNING
    assert resting.error == "Atlassian is away. Wait."
    assert sites.rest_of("acme") == timedelta(seconds=30)


async def test_a_rest_is_never_shorter_than_atlassian_asked_for(sites: Sites) -> None:
    sites.fails["acme"] = [AtlassianUnavailableError("Quota.", "", retry_after=2_400)]
    sites.start("acme")

    await sites.work()

    assert sites.rest_of("acme") == timedelta(minutes=40)


async def test_rests_grow_with_every_setback_and_the_scan_goes_on_after_each(
    sites: Sites,
) -> None:
    sites.fails["acme"] = [ValueError("odd"), ValueError("odd"), ValueError("odd")]
    sites.start("acme")
    rests = []
    for _ in range(3):
        await sites.work()
        rests.append(sites.rest_of("acme"))
        sites.now += rests[-1]

    assert await sites.work() == 1
    assert rests == [MINUTE / 2, MINUTE, 2 * MINUTE]
    assert sites.scan_of("acme").status is ScanStatus.DONE


async def test_a_scan_that_lost_the_database_goes_on_without_a_rest(
    sites: Sites,
) -> None:
    sites.fails["acme"] = [DatabaseAwayError("away")]
    sites.start("acme")

    assert await sites.work() == 1
    assert sites.scan_of("acme").setbacks == 0


async def test_what_is_kept_of_an_unknown_error_is_its_name(sites: Sites) -> None:
    sites.fails["acme"] = [ValueError("token=abc")]
    sites.start("acme")

    await sites.work()

    assert sites.scan_of("acme").error == "ValueError"


async def test_a_scan_that_is_asked_for_again_does_not_rest_any_longer(
    sites: Sites,
) -> None:
    sites.fails["acme"] = [ValueError("odd")]
    sites.start("acme")
    await sites.work()

    sites.start("acme", Urgency.INTERACTIVE)

    assert await sites.work() == 1


async def test_a_crew_that_is_told_to_stop_leaves_its_scans_to_others(
    sites: Sites,
) -> None:
    sites.waits["acme"] = asyncio.Event()
    sites.start("acme")
    work = asyncio.ensure_future(sites.work())
    await until(lambda: "acme" in sites.rooms)

    sites.stop = True

    assert await work == 0
    assert sites.scan_of("acme").status is ScanStatus.RUNNING
    assert sites.crew().is_wanted()


async def test_who_waits_at_a_terminal_gets_three_times_the_room(sites: Sites) -> None:
    for site_id in ("acme", "beta"):
        sites.waits[site_id] = asyncio.Event()
        sites.start(site_id)
    work = asyncio.ensure_future(sites.work())
    await until(lambda: len(sites.rooms) == 2)
    before = sites.rooms["acme"](), sites.rooms["beta"]()

    sites.start("acme", Urgency.INTERACTIVE)
    await until(lambda: sites.rooms["acme"]() == 18)

    assert before == (12, 12)
    assert sites.rooms["beta"]() == 6
    for wait in sites.waits.values():
        wait.set()
    await work


def test_however_many_scans_there_are_each_gets_on() -> None:
    scans = [Scan(str(number), "site", NOON) for number in range(100)]

    assert {share_of(scan, scans, 24) for scan in scans} == {1}
