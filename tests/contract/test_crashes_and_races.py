"""Workers die, and workers meet: nothing is lost and nothing is done twice."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import AbstractContextManager
from dataclasses import replace
from threading import Barrier
from typing import TypeVar

import pytest

from connector.domain.errors import UnitInterruptedError
from connector.domain.scan import ScanReport, ScanStatus, UnitStatus
from connector.domain.store_ports import Begin
from tests.contract.scanning import (
    NOW,
    TOO_LATE,
    claim,
    finish,
    stage,
    staged,
    start_scan,
)
from tests.fakes.processes import OtherProcess, running

SHARDS = tuple(f"shard-{n}" for n in range(24))

T = TypeVar("T")


def other_worker(
    what: str, url: str, scan_id: str, owner: str
) -> AbstractContextManager[OtherProcess]:
    """Run a worker in a process of its own; it does not survive the block."""
    return running("tests.contract.other_worker", what, url, scan_id, owner)


def at_once(count: int, act: Callable[[int], T]) -> list[T]:
    """Return what several threads get that act at the same moment."""
    barrier = Barrier(count)

    def act_together(number: int) -> T:
        barrier.wait()
        return act(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(act_together, range(count)))


def test_a_unit_survives_the_death_of_its_worker_in_mid_page(
    begin: Begin, url: str
) -> None:
    scan_id = start_scan(begin, "shard")
    with other_worker("die", url, scan_id, "victim") as victim:
        assert victim.said() == "writing"

    assert claim(begin, scan_id, "heir") == []
    [unit] = claim(begin, scan_id, "heir", now=TOO_LATE)
    before = staged(begin, scan_id)
    unit = stage(begin, unit, "page-3", "heir")
    finish(begin, unit, "heir")

    assert before == ["page-1", "page-2"]
    assert unit.attempts == 2
    assert staged(begin, scan_id) == ["page-1", "page-2", "page-3"]


def test_two_processes_share_no_unit(begin: Begin, url: str) -> None:
    shards = SHARDS[:12]
    scan_id = start_scan(begin, *shards)
    with (
        other_worker("work", url, scan_id, "one") as one,
        other_worker("work", url, scan_id, "other") as other,
    ):
        assert {one.said(), other.said()} == {"ready"}
        for worker in (one, other):
            worker.tell("go")
        assert [one.wait(30), other.wait(30)] == [0, 0]

    pages = staged(begin, scan_id)
    assert {page.split()[0] for page in pages} == {*shards, "site"}
    assert len(pages) == len(shards) + 1


def test_threads_share_no_unit(begin: Begin) -> None:
    scan_id = start_scan(begin, *SHARDS)

    def work(number: int) -> list[str]:
        owner, done = f"thread-{number}", []
        while units := claim(begin, scan_id, owner, limit=3):
            for unit in units:
                finish(begin, stage(begin, unit, unit.id, owner), owner)
                done.append(unit.id)
        return done

    done = Counter(id_ for ids in at_once(4, work) for id_ in ids)

    assert set(SHARDS) <= done.keys() <= {*SHARDS, "site"}
    assert set(done.values()) == {1}


def test_one_of_many_starts_is_the_running_scan(begin: Begin) -> None:
    def start(number: int) -> tuple[str, bool]:
        with begin() as stores:
            scan, was_running = stores.ledger.start("acme", (), NOW)
        return scan.id, was_running

    started = at_once(6, start)

    assert len({scan_id for scan_id, _ in started}) == 1
    assert [was_running for _, was_running in started].count(False) == 1
    with begin(write=False) as stores:
        [unit] = stores.ledger.units(started[0][0])
    assert unit.id == "directory"


def test_of_two_zombies_with_one_page_one_counts(begin: Begin) -> None:
    scan_id = start_scan(begin, "shard")
    [unit] = claim(begin, scan_id)

    def stage_page(number: int) -> bool:
        try:
            stage(begin, unit, f"page-1 read {number}", cursor="page-1")
        except UnitInterruptedError:
            return False
        return True

    counted = at_once(4, stage_page)

    assert counted.count(True) == 1
    assert len(staged(begin, scan_id)) == 1


def test_a_late_heartbeat_does_not_hinder_the_end_of_a_scan(begin: Begin) -> None:
    scan_id = start_scan(begin, "shard")
    [shard] = claim(begin, scan_id)
    finish(begin, shard)
    [site] = claim(begin, scan_id)

    def beat() -> None:
        with begin() as stores:
            stores.ledger.extend(site, "me", TOO_LATE)

    with ThreadPoolExecutor(1) as pool:
        with begin() as stores:
            stores.ledger.finish_unit(site, "me")
            heartbeat = pool.submit(beat)
            wait([heartbeat], timeout=0.2)
            running = stores.ledger.scan(scan_id)
            done = replace(running, status=ScanStatus.DONE, finished_at=TOO_LATE)
            stores.ledger.finish(ScanReport(done))
        with pytest.raises(UnitInterruptedError):
            heartbeat.result()

    with begin(write=False) as stores:
        assert stores.ledger.scan(scan_id) == done


@pytest.mark.parametrize("attempt", range(5))
def test_a_page_is_kept_before_a_scan_ends_or_not_at_all(
    begin: Begin, attempt: int
) -> None:
    scan_id = start_scan(begin, *SHARDS[:3])
    units = claim(begin, scan_id)

    def act(number: int) -> None:
        if number == len(units):
            with begin() as stores:
                stores.ledger.cancel(scan_id, TOO_LATE)
            return
        unit = units[number]
        try:
            for page in range(5):
                unit = stage(begin, unit, f"page-{page}")
        except UnitInterruptedError:
            pass

    at_once(len(units) + 1, act)

    assert staged(begin, scan_id) == []
    with begin(write=False) as stores:
        statuses = {unit.status for unit in stores.ledger.units(scan_id)[1:]}
    assert statuses == {UnitStatus.WAITING}
