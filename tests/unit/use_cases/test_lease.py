"""What a unit reads is kept at once, in one transaction with its cursor."""

import asyncio
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from connector.domain.errors import ConflictError, UnitInterruptedError
from connector.domain.reading import Spending
from connector.domain.scan import Reading, Unit
from connector.domain.store_ports import Begin, Stores
from connector.use_cases.lease import Lease
from connector.use_cases.purse import Purse
from tests.unit.use_cases.scanning import MONDAY

KIND = "page"


class Counting:
    """Opens transactions, counts them, and fails when it is told to."""

    def __init__(self, begin: Begin) -> None:
        self._begin = begin
        self.writes = 0
        self.error: Exception | None = None

    @contextmanager
    def __call__(self, *, write: bool = True) -> Iterator[Stores]:
        with self._begin(write=write) as stores:
            self.writes += write
            yield stores
            if self.error:
                raise self.error


@pytest.fixture
def counting(begin: Begin) -> Counting:
    return Counting(begin)


@pytest.fixture
def lease(counting: Counting) -> Lease:
    with counting() as stores:
        scan, _ = stores.ledger.start("acme", (), MONDAY)
        [unit] = stores.ledger.claim(scan.id, "me", MONDAY, timedelta(minutes=5), 1)
    counting.writes = 0
    return Lease(counting, unit, "me", lambda: MONDAY)


def page(name: str) -> Reading:
    return Reading(KIND, name, name.encode())


def kept(lease: Lease) -> list[str]:
    with lease.begin(write=False) as stores:
        found = stores.ledger.readings(lease.unit.scan_id, KIND)
        return [read.key for read in found]


def stored(lease: Lease) -> Unit:
    with lease.begin(write=False) as stores:
        [unit] = stores.ledger.units(lease.unit.scan_id)
    return unit


async def test_a_page_and_the_step_of_the_cursor_are_kept_together(
    lease: Lease,
) -> None:
    await lease.stage([page("one")], cursor="read:2")

    assert kept(lease) == ["one"]
    assert stored(lease).cursor == lease.unit.cursor == "read:2"


async def test_without_a_cursor_the_unit_stays_where_it_is(lease: Lease) -> None:
    await lease.stage(cursor="read:2")
    await lease.stage([page("one")])

    assert stored(lease).cursor == "read:2"


async def test_what_comes_in_while_another_is_kept_is_kept_together(
    lease: Lease, counting: Counting
) -> None:
    names = [f"page {number}" for number in range(20)]

    await asyncio.gather(*(lease.stage([page(name)]) for name in names))

    assert sorted(kept(lease)) == sorted(names)
    assert counting.writes < len(names)


async def test_a_write_that_fails_keeps_nothing(
    lease: Lease, counting: Counting
) -> None:
    counting.error = ConflictError("busy")
    with pytest.raises(ConflictError):
        await lease.stage([page("one")], cursor="read:2")
    counting.error = None

    assert kept(lease) == []
    assert stored(lease).cursor == lease.unit.cursor == ""


async def test_who_waited_behind_a_write_that_failed_loses_nothing(
    lease: Lease, counting: Counting
) -> None:
    counting.error = ConflictError("busy")
    outcomes = asyncio.gather(
        *(lease.stage([page(name)]) for name in "abc"), return_exceptions=True
    )
    await outcomes
    counting.error = None

    await lease.stage([page("d")])

    assert sorted(kept(lease)) == ["a", "b", "c", "d"]


async def test_what_is_written_besides_counts_only_with_the_lease(
    lease: Lease,
) -> None:
    with lease.begin() as stores:
        stores.ledger.release(lease.unit, "me")

    def write(stores: Stores) -> Iterable[Reading]:
        stores.ledger.spend(lease.unit.scan_id, Spending(calls=7))
        return [page("one")]

    with pytest.raises(UnitInterruptedError):
        await lease.stage_with(write)

    with lease.begin(write=False) as stores:
        assert stores.ledger.spent(lease.unit.scan_id) == Spending()
    assert kept(lease) == []


def spent(lease: Lease) -> int:
    with lease.begin(write=False) as stores:
        return stores.ledger.spent(lease.unit.scan_id).calls


def pay(purse: Purse, calls: int) -> None:
    with purse.paying(Spending(calls=calls)):
        pass


async def test_every_call_is_told_once(lease: Lease) -> None:
    purse = Purse(lease.begin, lease.unit.scan_id)

    for total in (3, 3, 8):
        pay(purse, total)

    assert spent(lease) == 8


async def test_a_total_that_was_overtaken_tells_nothing(lease: Lease) -> None:
    purse = Purse(lease.begin, lease.unit.scan_id)

    for total in (5, 3, 6):
        pay(purse, total)

    assert spent(lease) == 6


async def test_what_could_not_be_told_is_told_the_next_time(
    lease: Lease, counting: Counting
) -> None:
    purse = Purse(lease.begin, lease.unit.scan_id)
    counting.error = ConflictError("busy")
    with pytest.raises(ConflictError):
        pay(purse, 3)
    counting.error = None

    pay(purse, 4)

    assert spent(lease) == 4


async def test_threads_that_pay_at_once_tell_nothing_twice(lease: Lease) -> None:
    @contextmanager
    def slow(*, write: bool = True) -> Iterator[Stores]:
        with lease.begin(write=write) as stores:
            yield stores
        time.sleep(0.1)

    purse = Purse(slow, lease.unit.scan_id)

    await asyncio.gather(
        asyncio.to_thread(pay, purse, 5), asyncio.to_thread(pay, purse, 8)
    )

    assert spent(lease) == 8


async def test_two_runs_of_a_scan_add_up(lease: Lease) -> None:
    for _ in range(2):
        pay(Purse(lease.begin, lease.unit.scan_id), 5)

    assert spent(lease) == 10
