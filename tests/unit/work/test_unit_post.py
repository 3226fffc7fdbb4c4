"""Single units that an engine hands out, and when they are handed out again."""

import asyncio
from datetime import timedelta

import pytest

from connector.domain.errors import AtlassianUnavailableError, DatabaseAwayError
from connector.domain.scan import Scan, UnitStatus
from connector.domain.store_ports import Begin
from connector.work.unit_post import OpenRun, UnitPost
from tests.unit.work.office import Office, until

SOON = timedelta(seconds=2)


class Post:
    """The hands of one process, which open and close scans as a test wants."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.opened = 0
        self.closed = 0
        self.refusal: Exception | None = None
        self.opening: asyncio.Event | None = None
        self.hands = UnitPost(
            office.begin, lambda: office.now, self._open, rests=(), soon=SOON
        )

    async def do(self, unit_id: str) -> timedelta | None:
        return await self.hands.do(self.office.scan.id, unit_id)

    async def _open(self, _: Scan) -> OpenRun:
        self.opened += 1
        if self.opening:
            await self.opening.wait()
        if self.refusal:
            raise self.refusal
        return OpenRun(self.office.do_unit, self._close)

    async def _close(self) -> None:
        self.closed += 1


@pytest.fixture
def post(office: Office) -> Post:
    return Post(office)


def scan_of(begin: Begin, scan_id: str) -> Scan:
    with begin(write=False) as stores:
        return stores.ledger.scan(scan_id)


async def test_a_unit_that_is_done_is_never_handed_out_again(post: Post) -> None:
    assert await post.do("shard-0") is None
    assert await post.do("shard-0") is None
    assert post.office.done == ["shard-0"]


async def test_a_unit_in_other_hands_is_not_now(post: Post) -> None:
    post.office.claim_all()

    assert await post.do("shard-0") == SOON
    assert post.office.done == []


async def test_a_unit_whose_turn_has_not_come_is_not_now(post: Post) -> None:
    assert await post.do("site") == SOON


@pytest.mark.parametrize("unit_id", ["shard-0", "no-such-unit"])
async def test_a_unit_of_a_cancelled_scan_is_let_go(post: Post, unit_id: str) -> None:
    with post.office.begin() as stores:
        stores.ledger.cancel(post.office.scan.id, post.office.now)

    assert await post.do(unit_id) is None
    assert post.opened == 0


async def test_a_unit_of_a_scan_that_was_erased_is_let_go(post: Post) -> None:
    assert await post.hands.do("erased", "shard-0") is None


async def test_a_scan_is_opened_once_for_units_at_work_and_closed_after_them(
    post: Post,
) -> None:
    post.office.waits = {f"shard-{n}": asyncio.Event() for n in range(2)}
    doing = [asyncio.ensure_future(post.do(f"shard-{n}")) for n in range(2)]
    await until(lambda: post.office.waiting == 2)

    while_at_work = post.opened, post.closed
    for wait in post.office.waits.values():
        wait.set()
    await asyncio.gather(*doing)

    assert while_at_work == (1, 0)
    assert (post.opened, post.closed) == (1, 1)


async def test_trouble_of_units_at_work_together_is_one_setback(post: Post) -> None:
    post.refusal = AtlassianUnavailableError("Atlassian is away.")
    post.opening = asyncio.Event()
    doing = [asyncio.ensure_future(post.do(f"shard-{n}")) for n in range(3)]
    await until(lambda: sum(u.attempts for u in post.office.units.values()) == 3)
    post.opening.set()

    waits = await asyncio.gather(*doing)

    scan = scan_of(post.office.begin, post.office.scan.id)
    assert scan.setbacks == 1
    assert waits == [timedelta(seconds=30)] * 3
    assert {unit.failures for unit in post.office.units.values()} == {0}


async def test_a_worker_that_stops_while_it_opens_a_scan_gives_the_unit_back(
    post: Post,
) -> None:
    post.opening = asyncio.Event()
    doing = asyncio.ensure_future(post.do("shard-0"))
    await until(lambda: post.opened == 1)

    doing.cancel()
    post.opening.set()
    with pytest.raises(asyncio.CancelledError):
        await doing

    assert post.closed == 1
    [unit] = [u for u in post.office.claim_all() if u.id == "shard-0"]
    assert (unit.attempts, unit.deaths) == (2, 0)


async def test_a_database_that_was_away_is_no_failure_of_the_unit(post: Post) -> None:
    post.office.fails["shard-0"] = [DatabaseAwayError("away") for _ in range(5)]

    waits = [await post.do("shard-0") for _ in range(5)]

    unit = post.office.units["shard-0"]
    assert waits == [SOON] * 5
    assert (unit.failures, unit.status) == (0, UnitStatus.WAITING)
    assert await post.do("shard-0") is None
