"""The embedded worker when it is stopped, or when its units are taken away."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from connector.domain.errors import AtlassianUnavailableError, ConflictError
from connector.domain.reading import Spending
from connector.domain.scan import Unit
from connector.domain.store_ports import Begin
from tests.unit.work.office import (
    NOON,
    PATIENCE,
    SHORT,
    Moody,
    Office,
    Pulse,
    until,
)


async def test_a_cancelled_scan_ends_the_units_at_work(office: Office) -> None:
    office.waits = {f"shard-{number}": asyncio.Event() for number in range(3)}
    run = asyncio.ensure_future(office.run())
    await until(lambda: office.waiting == 3)

    with office.begin() as stores:
        stores.ledger.cancel(office.scan.id, NOON)
    await asyncio.wait_for(run, PATIENCE)

    assert "site" not in office.done


async def test_an_interrupted_run_frees_what_it_holds(office: Office) -> None:
    office.waits = {f"shard-{number}": asyncio.Event() for number in range(3)}
    run = asyncio.ensure_future(office.run())
    await until(lambda: office.waiting == 3 and office.done == ["directory"])

    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run

    assert {unit.id for unit in office.claim_all()} == set(office.waits)


async def test_an_interruption_while_units_are_claimed_leaks_none(
    office: Office,
) -> None:
    for pause in range(20):
        run = asyncio.ensure_future(office.run())
        await asyncio.sleep(pause / 1000)
        run.cancel()
        await asyncio.gather(run, return_exceptions=True)

    await asyncio.wait_for(office.run(), PATIENCE)


async def test_a_heart_beat_keeps_a_slow_unit(begin: Begin) -> None:
    pulse = Pulse(begin)
    office = Office(pulse)
    slow = asyncio.Event()
    office.waits = {"shard-1": slow}
    run = asyncio.ensure_future(office.run(lease=SHORT))
    for _ in range(10):
        office.now += SHORT / 2
        await pulse.beat("shard-1")

    slow.set()
    await asyncio.wait_for(run, PATIENCE)

    assert office.claims["shard-1"] == 1


async def test_a_unit_that_somebody_else_took_is_cancelled_here(
    office: Office,
) -> None:
    office.waits = {f"shard-{number}": asyncio.Event() for number in range(3)}
    run = asyncio.ensure_future(office.run(at_once=3, lease=SHORT))
    await until(lambda: office.waiting == 3)

    taken: list[Unit] = []
    while not taken:  # The hearts may be quicker, with one of them or with all.
        office.now += timedelta(minutes=10)
        taken = office.claim_all()

    await until(lambda: office.at_once_now == 3 - len(taken))
    assert not run.done()
    run.cancel()
    await asyncio.gather(run, return_exceptions=True)


async def test_a_busy_database_does_not_stop_the_heart(
    begin: Begin, caplog: pytest.LogCaptureFixture
) -> None:
    moody = Moody(begin)
    office = Office(moody)
    slow = asyncio.Event()
    office.waits = {f"shard-{number}": slow for number in range(3)}
    run = asyncio.ensure_future(office.run(at_once=3, lease=SHORT))
    await until(lambda: office.waiting == 3)

    moody.error = ConflictError("The database was busy.")
    await until(lambda: "stays as it is" in caplog.text)
    moody.error = None
    slow.set()
    await asyncio.wait_for(run, PATIENCE)

    assert "stays as it is" in caplog.text
    assert set(office.claims.values()) == {1}


async def test_trouble_while_claiming_ends_the_run_and_frees_what_it_holds(
    begin: Begin,
) -> None:
    moody = Moody(begin)
    office = Office(moody)
    office.waits = {f"shard-{number}": asyncio.Event() for number in range(3)}
    run = asyncio.ensure_future(office.run())
    await until(lambda: office.waiting == 3 and office.done == ["directory"])

    moody.next_error = ConflictError("The database was busy.")
    with pytest.raises(ConflictError):
        await asyncio.wait_for(run, PATIENCE)

    assert {unit.id for unit in office.claim_all()} == set(office.waits)


async def test_spending_of_a_stranger_is_left_alone(office: Office) -> None:
    with office.begin() as stores:
        stores.ledger.spend(office.scan.id, Spending(calls=3))

    await office.run()

    with office.begin(write=False) as stores:
        assert stores.ledger.spent(office.scan.id).calls == 3


async def test_an_interruption_while_a_unit_is_handed_in_frees_it_all_the_same(
    office: Office,
) -> None:
    away = AtlassianUnavailableError("Away.")
    with ThreadPoolExecutor(1) as one_at_a_time:
        asyncio.get_running_loop().set_default_executor(one_at_a_time)
        for _ in range(10):
            office.fails = {f"shard-{number}": [away] for number in range(3)}
            with pytest.raises(AtlassianUnavailableError):
                await office.run()

            assert len(office.free()) == 3
