"""Fewer calls in flight while a site is overloaded, and all of them again after it."""

import asyncio

import pytest

from connector.atlassian.slots import Priority, Slots


async def filled(most: int) -> Slots:
    """Return slots that are all taken."""
    slots = Slots(most)
    for _ in range(most):
        await slots.acquire(Priority.FILLING)
    return slots


def test_trouble_takes_a_quarter_of_the_slots() -> None:
    slots = Slots(8)

    slots.shrink(now=10.0, sent_at=9.0)

    assert slots.number == 6


def test_calls_that_were_under_way_together_shrink_once() -> None:
    slots = Slots(8)

    for sent_at in (9.0, 9.5, 9.9):
        slots.shrink(now=10.0, sent_at=sent_at)

    assert slots.number == 6


def test_one_slot_is_always_left() -> None:
    slots = Slots(10)

    for now in range(1, 100):
        slots.shrink(float(now), float(now))

    assert slots.number == 1


def test_a_slot_is_added_when_as_many_calls_went_well() -> None:
    slots = Slots(8)
    slots.shrink(10.0, 10.0)

    for _ in range(7):
        slots.grow()

    assert slots.number == 7


@pytest.mark.parametrize("most", [1, 4, 10])
def test_no_slot_is_added_above_the_setting(most: int) -> None:
    slots = Slots(most)

    for _ in range(100):
        slots.grow()

    assert slots.number == most


def test_one_failure_in_fifty_leaves_most_of_the_slots() -> None:
    slots = Slots(10)
    numbers = []

    for call in range(1, 2001):
        if call % 50 == 0:
            slots.shrink(float(call), float(call))
        else:
            slots.grow()
        numbers.append(slots.number)

    assert sum(numbers) / len(numbers) >= 8.5


async def test_who_waits_gets_no_slot_that_is_gone() -> None:
    slots = await filled(4)
    waiting = asyncio.create_task(slots.acquire(Priority.FILLING))
    await asyncio.sleep(0)

    slots.shrink(1.0, 1.0)
    slots.release()
    await asyncio.sleep(0)
    assert not waiting.done()
    slots.release()
    await waiting

    assert slots.taken == slots.number == 3


async def test_who_waits_gets_a_slot_that_is_new() -> None:
    slots = await filled(2)
    slots.shrink(1.0, 1.0)
    slots.release()
    waiting = asyncio.create_task(slots.acquire(Priority.FILLING))
    await asyncio.sleep(0)
    assert not waiting.done()

    slots.grow()
    await waiting

    assert slots.taken == slots.number == 2
