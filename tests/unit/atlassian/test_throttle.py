import asyncio

import pytest

from connector.atlassian.pace import Pace
from connector.atlassian.slots import Priority, Slots
from connector.atlassian.throttle import PausedTooLongError, Throttle
from tests.unit.atlassian.fake_confluence import FakeTime

PAGES, FILLING = Priority.CONTENT, Priority.FILLING


def throttle(time: FakeTime, slots: int = 2, patience: float = 120.0) -> Throttle:
    return Throttle(slots, time.clock, time.sleep, patience=patience)


async def turns(count: int = 3) -> None:
    """Let every task that can go on go on."""
    for _ in range(count):
        await asyncio.sleep(0)


async def test_no_more_calls_are_in_flight_than_there_are_slots() -> None:
    gate = throttle(FakeTime(), slots=3)
    in_flight: list[int] = [0]
    most = 0

    async def call() -> None:
        nonlocal most
        async with gate.slot("any", FILLING):
            in_flight[0] += 1
            most = max(most, in_flight[0])
            await asyncio.sleep(0)
            in_flight[0] -= 1

    await asyncio.gather(*(call() for _ in range(20)))

    assert most == 3


async def test_pages_of_content_get_the_next_free_slot() -> None:
    slots = Slots(1)
    await slots.acquire(FILLING)
    order: list[str] = []

    async def call(name: str, priority: Priority) -> None:
        await slots.acquire(priority)
        order.append(name)
        slots.release()

    tasks = [
        asyncio.create_task(call("group 1", FILLING)),
        asyncio.create_task(call("group 2", FILLING)),
        asyncio.create_task(call("page", PAGES)),
    ]
    await turns()
    slots.release()
    await asyncio.gather(*tasks)

    assert order == ["page", "group 1", "group 2"]


async def test_a_line_is_served_after_the_lines_before_it() -> None:
    slots = Slots(1)
    await slots.acquire(FILLING)
    order: list[int] = []

    async def call(line: int) -> None:
        await slots.acquire(FILLING, line)
        order.append(line)
        slots.release()

    tasks = [asyncio.create_task(call(line)) for line in (2, 1, 2, 0)]
    await turns()
    slots.release()
    await asyncio.gather(*tasks)

    assert order == [0, 1, 2, 2]


async def test_a_caller_who_gives_up_loses_no_slot() -> None:
    slots = Slots(1)
    await slots.acquire(FILLING)
    waiting = asyncio.create_task(slots.acquire(FILLING))
    served = asyncio.create_task(slots.acquire(FILLING))
    await turns()

    waiting.cancel()
    slots.release()
    await served
    served.cancel()
    slots.release()

    assert slots.taken == 0


async def test_a_slot_handed_to_a_cancelled_caller_comes_back() -> None:
    slots = Slots(1)
    await slots.acquire(FILLING)
    waiting = asyncio.create_task(slots.acquire(FILLING))
    await turns()

    slots.release()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting

    assert slots.taken == 0


async def test_a_pause_of_the_site_holds_everybody_and_no_slot() -> None:
    time = FakeTime()
    gate = throttle(time)
    gate.pause_site(30.0, "429")

    async with gate.slot("any", FILLING):
        pass

    assert time.slept == [30.0]


async def test_a_pause_of_an_endpoint_holds_nobody_else() -> None:
    time = FakeTime()
    gate = throttle(time)
    gate.pause("groups", 30.0, "429")

    async with gate.slot("search", PAGES):
        pass
    assert time.slept == []
    async with gate.slot("groups", FILLING):
        pass
    assert time.slept == [30.0]


async def test_a_pause_that_starts_while_queueing_is_sat_out() -> None:
    time = FakeTime()
    gate = throttle(time, slots=1)
    entered: list[float] = []

    async def call() -> None:
        async with gate.slot("any", FILLING):
            entered.append(time.now)

    async with gate.slot("any", FILLING):
        queued = asyncio.create_task(call())
        await turns()
        gate.pause_site(10.0, "429")
        start = time.now
    await queued

    assert entered == [start + 10.0]


async def test_the_longer_pause_wins() -> None:
    time = FakeTime()
    gate = throttle(time)
    gate.pause_site(30.0, "429")
    gate.pause_site(5.0, "429")
    gate.pause("any", 40.0, "503")

    async with gate.slot("any", FILLING):
        pass

    assert sum(time.slept) == 40.0


@pytest.mark.parametrize("is_whole_site", [True, False])
async def test_nobody_waits_longer_than_the_patience(*, is_whole_site: bool) -> None:
    time = FakeTime()
    gate = throttle(time, patience=120.0)
    if is_whole_site:
        gate.pause_site(1847.0, "429")
    else:
        gate.pause("any", 1847.0, "503")

    with pytest.raises(PausedTooLongError) as refused:
        async with gate.slot("any", FILLING):
            pass

    assert refused.value.seconds == 1847.0
    assert refused.value.is_whole_site is is_whole_site
    assert time.slept == []


def run_against_a_bucket(per_second: float, *, seconds: float) -> tuple[int, int]:
    """Call as fast as the pace allows, against a bucket; count calls and refusals."""
    now, level, calls, refused = 1000.0, per_second, 0, 0
    pace, last = Pace(), now
    end = now + seconds
    while now < end:
        now += pace.take_turn(now).wait + 0.005
        level = min(per_second, level + (now - last) * per_second)
        last = now
        calls += 1
        if level >= 1:
            level -= 1
            pace.note_borne(now)
            continue
        refused += 1
        pace.slow_down(now, 1.0, now)
        now += 1.0
    return calls, refused


def paced(*, refusals: int = 1) -> Pace:
    """Return a pace that was refused when it had sent fifty a second for a while."""
    pace = Pace()
    for call in range(500):
        pace.note_borne(1000 + call / 50)
    for _ in range(refusals):
        pace.slow_down(1010.0, 1.0, 1010.0)
    return pace


@pytest.mark.parametrize("per_second", [5.0, 10.0, 50.0])
def test_the_pace_settles_just_below_what_is_borne(per_second: float) -> None:
    calls, refused = run_against_a_bucket(per_second, seconds=300.0)

    assert refused / calls <= 0.02
    assert calls - refused >= 0.95 * per_second * 300


def test_many_refusals_in_one_pause_slow_down_once() -> None:
    once, often = paced(), paced(refusals=10)

    assert [once.take_turn(1011.0) for _ in range(3)] == [
        often.take_turn(1011.0) for _ in range(3)
    ]


def test_a_lifted_limit_is_noticed_after_a_while() -> None:
    pace = paced()

    def gap(now: float) -> float:
        for _ in range(200):
            pace.take_turn(now)
        return pace.take_turn(now).wait / 200

    assert gap(2000.0) < gap(1020.0) / 10


def test_a_refusal_takes_turns_back() -> None:
    pace = Pace()
    before = pace.take_turn(1.0)
    assert pace.honours(before)

    pace.slow_down(2.0, 1.0, 1.0)

    assert not pace.honours(before)
    assert pace.honours(pace.take_turn(3.0))


async def test_who_queues_for_a_slot_takes_a_new_turn_after_a_refusal() -> None:
    time = FakeTime()
    gate = throttle(time, slots=1)
    sent_at: list[float] = []

    async def call() -> None:
        async with gate.slot("any", FILLING) as at:
            sent_at.append(at)

    async with gate.slot("any", FILLING):
        queued = [asyncio.create_task(call()) for _ in range(5)]
        await turns()
        refused_at = time.now
        gate.slow_down("any", 1.0, time.now)
        gate.pause("any", 1.0, "429")
    await asyncio.gather(*queued)

    assert min(sent_at) >= refused_at + 1.0
    assert len(sent_at) == 5


async def test_a_turn_that_is_taken_back_is_not_waited_for() -> None:
    time = FakeTime()
    gate = throttle(time)
    gate.slow_down("any", 0.0, time.now)
    async with gate.slot("any", FILLING):
        pass
    slept = time.sleep

    async def sleep_and_refuse(seconds: float) -> None:
        await slept(seconds)
        gate.sleep = slept
        gate.slow_down("any", 0.0, time.now)

    gate.sleep = sleep_and_refuse

    async with gate.slot("any", FILLING):
        pass

    assert max(time.slept) <= 1.0
