"""One process owns the work; the next one gets it when that one is gone."""

import threading
from datetime import UTC, datetime, timedelta

import pytest

from connector.domain.care import Job
from connector.domain.store_ports import Begin
from connector.work.ownership import (
    OWNING,
    SERVE,
    WORKER,
    Ownership,
    described,
    named_owner,
)

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
LEASE = timedelta(seconds=20)
SWEEP = Job("sweep", timedelta(hours=1))


class Time:
    now = NOON


@pytest.fixture
def clock() -> Time:
    return Time()


def asking(begin: Begin, clock: Time, owner: str, *others: Job) -> Ownership:
    with begin() as stores:
        stores.jobs.plan([OWNING, *others], NOON)
    return Ownership(begin, lambda: clock.now, owner, LEASE)


def test_the_first_gets_the_work_and_the_second_hears_of_it(
    begin: Begin, clock: Time
) -> None:
    first = asking(begin, clock, "elsewhere:1:a:casb serve")
    second = asking(begin, clock, "elsewhere:2:b:casb worker")

    assert first.take() == first.owner
    assert second.take() == first.owner


def test_who_keeps_it_has_it_and_who_does_not_loses_it(
    begin: Begin, clock: Time
) -> None:
    first, second = asking(begin, clock, "x:1:a"), asking(begin, clock, "x:2:b")
    first.take()

    clock.now += LEASE / 2
    assert first.extend()
    clock.now += LEASE / 2
    assert second.take() == first.owner
    clock.now += LEASE
    assert second.take() == second.owner
    assert not first.extend()


def test_whoever_ends_gives_it_up(begin: Begin, clock: Time) -> None:
    first, second = asking(begin, clock, "x:1:a"), asking(begin, clock, "x:2:b")
    first.take()

    with first.kept(threading.Event()) as ended:
        assert not ended.is_set()

    assert second.take() == second.owner


def test_a_stop_is_passed_on(begin: Begin, clock: Time) -> None:
    first, stop = asking(begin, clock, "x:1:a"), threading.Event()
    first.take()

    with first.kept(stop) as ended:
        stop.set()
        assert ended.wait(5)


def test_what_is_lost_is_noticed(begin: Begin, clock: Time) -> None:
    first, second = asking(begin, clock, "x:1:a"), asking(begin, clock, "x:2:b")
    first.take()

    with first.kept(threading.Event()) as ended:
        clock.now += 2 * LEASE
        second.take()
        assert ended.wait(5)

    assert second.extend()


def test_a_dead_process_of_this_machine_has_no_work(begin: Begin, clock: Time) -> None:
    parts = named_owner(SERVE).split(":")
    parts[1] = str(2**22 + 1)
    dead = ":".join(parts)
    asking(begin, clock, dead, SWEEP).take()
    with begin() as stores:
        stores.jobs.take(SWEEP.name, dead, NOON, NOON + LEASE)

    heir = asking(begin, clock, named_owner(WORKER), SWEEP)

    assert heir.take() == heir.owner
    with begin() as stores:
        assert stores.jobs.take(SWEEP.name, heir.owner, NOON, NOON + LEASE)


def test_an_owner_is_described_so_that_a_person_finds_it() -> None:
    assert described("host-7:4711:ab:cd:casb serve") == (
        "casb serve (process 4711 on host-7)"
    )
