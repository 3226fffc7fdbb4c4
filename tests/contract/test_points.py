"""Whoever spends, and however many do: an hour's budget is never exceeded."""

import asyncio
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from connector.domain.points import APP, EPOCH, Wish
from connector.store.database import Database
from connector.use_cases.allowance import PortionedAllowance
from tests.contract.other_spender import budget_of
from tests.fakes.processes import OtherProcess, running

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
POINTS = 20_000
PRICE = 7


def take(database: Database, wish: Wish, account: str = APP) -> int:
    with database.begin() as stores:
        return stores.points.take(account, wish)


def taken(database: Database, account: str = APP) -> int:
    with database.begin(write=False) as stores:
        return stores.points.state(account).taken


def wish(least: int = 10, most: int = 10, **more: object) -> Wish:
    return Wish(NOON, least, most, 100, **more)  # type: ignore[arg-type]


def test_nothing_has_been_taken_from_a_new_account(database: Database) -> None:
    with database.begin(write=False) as stores:
        state = stores.points.state(APP)

    assert (state.taken, state.hour, state.paused_until) == (0, EPOCH, EPOCH)


def test_points_are_taken_until_the_limit(database: Database) -> None:
    granted = [take(database, wish(10, 30)) for _ in range(5)]

    assert granted == [30, 30, 30, 10, 0]
    assert taken(database) == 100


def test_less_than_what_is_of_use_is_not_taken(database: Database) -> None:
    take(database, wish(95, 95))

    assert take(database, wish(6, 30)) == 0
    assert take(database, wish(5, 30)) == 5


def test_a_new_hour_begins_with_nothing_taken(database: Database) -> None:
    take(database, wish(100, 100))

    later = Wish(NOON + HOUR, 60, 60, 100)
    assert take(database, later) == 60
    assert taken(database) == 60


def test_an_hour_that_is_over_for_one_is_over_for_all(database: Database) -> None:
    take(database, Wish(NOON + HOUR, 10, 10, 100))

    assert take(database, wish(1, 1)) == 0
    assert taken(database) == 10


def test_what_is_given_back_can_be_taken_again(database: Database) -> None:
    take(database, wish(100, 100))
    with database.begin() as stores:
        stores.points.give_back(APP, NOON, 40)

    assert take(database, wish(40, 40)) == 40
    assert take(database, wish(1, 1)) == 0


def test_nothing_comes_back_from_an_hour_that_is_over(database: Database) -> None:
    take(database, Wish(NOON + HOUR, 50, 50, 100))
    with database.begin() as stores:
        stores.points.give_back(APP, NOON, 40)

    assert taken(database) == 50


def test_what_others_spent_by_atlassians_count_is_gone(database: Database) -> None:
    take(database, wish(10, 10))

    assert take(database, wish(5, 50, taken=80)) == 20
    assert take(database, wish(1, 1, taken=10)) == 0


def test_each_site_with_a_quota_of_its_own_has_its_account(database: Database) -> None:
    take(database, wish(100, 100))

    assert take(database, wish(100, 100), "acme") == 100
    assert (taken(database), taken(database, "acme")) == (100, 100)


def test_a_pause_is_never_shortened(database: Database) -> None:
    with database.begin() as stores:
        stores.points.pause(APP, NOON + HOUR)
        stores.points.pause(APP, NOON)

    with database.begin(write=False) as stores:
        assert stores.points.state(APP).paused_until == NOON + HOUR
        assert stores.points.state("acme").paused_until == EPOCH


def test_a_site_that_is_purged_leaves_no_account(database: Database) -> None:
    take(database, wish(), "acme")
    take(database, wish(1, 1))
    with database.begin() as stores:
        stores.site_data.erase("acme")

    assert (taken(database, "acme"), taken(database)) == (0, 1)


def test_threads_that_take_at_once_take_no_point_twice(database: Database) -> None:
    with ThreadPoolExecutor(8) as pool:
        granted = list(pool.map(lambda _: take(database, wish(3, 7)), range(40)))

    assert sum(granted) == taken(database) <= 100
    assert sum(granted) > 97


@contextmanager
def spending(url: str, cost: int = PRICE) -> Iterator[OtherProcess]:
    """Run a process that spends; it does not survive the block."""
    arguments = [url, str(POINTS), str(PRICE), str(cost)]
    with running("tests.contract.other_spender", *arguments) as process:
        assert process.said() == "ready"
        yield process


def spent_by(process: OtherProcess) -> tuple[int, bool]:
    """Return what a process said it spent, and whether it came to its own end."""
    lines = process.stdout.read().split()
    said = [int(line) for line in lines if line.isdigit()]
    return max(said, default=0), "dry" in lines


@pytest.mark.timeout(120)
def test_processes_together_spend_the_budget_and_not_a_point_more(
    url: str, database: Database
) -> None:
    with ExitStack() as stack:
        processes = [stack.enter_context(spending(url)) for _ in range(3)]
        for process in processes:
            process.tell()
        ended = [spent_by(process) for process in processes]

    total = sum(spent for spent, _ in ended)
    assert all(is_dry for _, is_dry in ended)
    assert POINTS - 3 * PRICE <= total <= POINTS
    assert taken(database) == total


@pytest.mark.timeout(120)
def test_what_calls_did_not_cost_is_spent_on_others(
    url: str, database: Database
) -> None:
    with spending(url, cost=2) as process:
        process.tell()
        spent, is_dry = spent_by(process)

    assert is_dry
    assert POINTS - PRICE <= spent <= POINTS
    assert taken(database) == spent


@pytest.mark.timeout(120)
def test_a_killed_process_loses_no_more_than_its_portion(
    url: str, database: Database
) -> None:
    with spending(url) as process:
        process.tell()
        said = [int(process.said()) for _ in range(600)]
        process.kill()
        later, is_dry = spent_by(process)

    assert not is_dry
    spent = max(*said, later)
    assert spent <= taken(database) <= spent + budget_of(POINTS).portion


async def test_a_pause_reaches_who_spends_from_another_process(
    database: Database,
) -> None:
    one, other = (
        PortionedAllowance(database.begin, budget_of(POINTS), site, time.time)
        for site in ("a", "b")
    )
    assert await other.more(PRICE) is None

    await one.pause(600.0, is_for_all=True)

    until = time.monotonic() + 30
    while other.has(PRICE):
        assert time.monotonic() < until
        await asyncio.sleep(0.05)
    wait = await other.more(PRICE)
    assert wait is not None
    assert (wait.until - datetime.now(UTC)).total_seconds() > 500
    await one.aclose()
    await other.aclose()
    assert taken(database) == 0


async def test_the_quota_of_one_site_pauses_that_site_alone(database: Database) -> None:
    one, same, other = (
        PortionedAllowance(database.begin, budget_of(POINTS), site, time.time)
        for site in ("a", "a", "b")
    )

    await one.pause(600.0, is_for_all=False)

    assert await same.more(PRICE) is not None
    assert await other.more(PRICE) is None
    for each in (one, same, other):
        await each.aclose()
