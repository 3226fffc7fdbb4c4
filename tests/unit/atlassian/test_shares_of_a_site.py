"""The processes that scan one site share what it is asked to bear at once."""

import asyncio

import pytest

from connector.atlassian.slots import Priority, Slots
from connector.atlassian.throttle import Throttle
from connector.domain.points import Unlimited
from tests.unit.atlassian.fake_confluence import FakeTime


@pytest.mark.parametrize(("processes", "share"), [(1, 10), (2, 5), (3, 3), (40, 1)])
def test_processes_share_what_a_site_is_asked_to_bear(
    processes: int, share: int
) -> None:
    slots = Slots(10)

    slots.share(processes)

    assert slots.number == share


def test_a_setting_below_the_share_is_not_cut() -> None:
    slots = Slots(4)

    slots.share(2)

    assert slots.number == 4


def test_trouble_takes_a_quarter_of_the_share() -> None:
    slots = Slots(10)
    slots.share(2)

    slots.shrink(10.0, 10.0)

    assert slots.number == 3


async def test_who_waits_gets_the_slots_of_a_process_that_left() -> None:
    slots = Slots(10)
    slots.share(2)
    for _ in range(5):
        await slots.acquire(Priority.FILLING)
    waiting = asyncio.create_task(slots.acquire(Priority.FILLING))
    await asyncio.sleep(0)
    assert not waiting.done()

    slots.share(1)

    await asyncio.wait_for(waiting, 1)


async def test_a_call_leaves_other_processes_their_share() -> None:
    allowance = Unlimited()
    time = FakeTime()
    gate = Throttle(10, time.clock, time.sleep, patience=120.0, allowance=allowance)
    allowance.sharers = 4
    held = [gate.slot("any", Priority.FILLING) for _ in range(3)]
    entering = [asyncio.create_task(slot.__aenter__()) for slot in held]
    for _ in range(3):
        await asyncio.sleep(0)

    assert [task.done() for task in entering] == [True, True, False]
    await held[0].__aexit__(None, None, None)
    await asyncio.gather(*entering)
