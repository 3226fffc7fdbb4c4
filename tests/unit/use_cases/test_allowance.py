"""What one reader may spend of an hour, and what it does when the hour is used up."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from connector.domain.points import APP, Budget, QuotaCount
from connector.domain.scan import Unit, UnitKind
from connector.domain.store_ports import Begin
from connector.use_cases.allowance import PortionedAllowance

SITE = "acme"
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC).timestamp()
HOUR = 3600.0


@dataclass
class Clock:
    now: float = NOON + 60

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def allowance(
    begin: Begin, clock: Clock, points: int = 1_000, **more: object
) -> PortionedAllowance:
    budget = Budget(points, more.pop("account", APP), more.pop("reserve", 0.0))  # type: ignore[arg-type]
    return PortionedAllowance(begin, budget, SITE, clock, **more)  # type: ignore[arg-type]


async def spend_all(spender: PortionedAllowance, price: int = 10) -> int:
    """Spend at full price until nothing more is to be had; return how much."""
    spent = 0
    while True:
        if spender.spend(price, spender.clock()):
            spender.settle(price, price, spender.clock())
            spent += price
        elif await spender.more(price):
            return spent


def taken(begin: Begin, account: str = APP) -> int:
    with begin(write=False) as stores:
        return stores.points.state(account).taken


async def test_scans_leave_the_reserve_to_whoever_waits(
    begin: Begin, clock: Clock
) -> None:
    scan = allowance(begin, clock, reserve=0.05)
    person = allowance(begin, clock, reserve=0.05, is_interactive=True)

    assert await spend_all(scan) == 950
    assert await spend_all(person) == 50


async def test_a_used_up_hour_is_waited_for_and_the_next_is_new(
    begin: Begin, clock: Clock
) -> None:
    spender = allowance(begin, clock)
    await spend_all(spender)

    wait = spender.waiting
    assert wait is not None
    assert (wait.until.timestamp(), wait.taken, wait.points) == (
        NOON + HOUR,
        1_000,
        1_000,
    )
    clock.now = NOON + HOUR
    assert spender.waiting is None
    assert await spend_all(spender) == 1_000


async def test_what_a_call_did_not_cost_is_there_for_others(
    begin: Begin, clock: Clock
) -> None:
    spender = allowance(begin, clock, 100)
    await spender.more(100)
    assert spender.spend(100, clock())
    assert not spender.has(1)

    spender.settle(100, 30, clock())

    assert spender.has(70)
    assert not spender.has(71)


async def test_a_call_dearer_than_foreseen_is_paid_for(
    begin: Begin, clock: Clock
) -> None:
    spender = allowance(begin, clock)
    await spender.more(10)
    spender.spend(10, clock())
    spender.settle(10, 35, clock())

    await spender.aclose()

    assert taken(begin) == 35


async def test_a_call_that_may_cost_more_than_an_hour_allows_is_made(
    begin: Begin, clock: Clock
) -> None:
    spender = allowance(begin, clock, 100)

    assert await spender.more(501) is None
    assert spender.spend(501, clock())


async def test_nothing_of_an_hour_that_is_over_comes_back(
    begin: Begin, clock: Clock
) -> None:
    spender = allowance(begin, clock, 100)
    await spender.more(100)
    spender.spend(100, clock())
    sent_at = clock()
    clock.now = NOON + HOUR + 1
    await spender.more(60)

    spender.settle(100, 1, sent_at)

    assert not spender.has(100)


async def test_a_lower_count_of_atlassian_lowers_ours(
    begin: Begin, clock: Clock
) -> None:
    spender = allowance(begin, clock)
    await spender.more(10)

    spender.note(QuotaCount(200, HOUR - 60))

    assert await spend_all(spender) == 200


async def test_a_count_that_has_the_calls_under_way_in_it_takes_nothing_away(
    begin: Begin, clock: Clock
) -> None:
    spender = allowance(begin, clock)
    for _ in range(9):
        clock.now += 1
        await spender.more(100)
        assert spender.spend(100, clock())
    answered = clock()

    # The last call is answered first; it cost 10 and the eight before it 100 each.
    spender.settle(100, 10, answered)
    spender.note(QuotaCount(190, HOUR - 69, asked_at=answered))
    for number in range(1, 9):
        spender.settle(100, 100, answered - number)

    assert await spend_all(spender) == 190


async def test_calls_that_went_out_after_the_one_that_was_counted_are_not_in_it(
    begin: Begin, clock: Clock
) -> None:
    spender = allowance(begin, clock)
    await spender.more(300)
    answered = clock()
    assert spender.spend(100, answered)
    assert spender.spend(100, answered + 1)

    spender.settle(100, 100, answered)
    spender.note(QuotaCount(150, HOUR - 60, asked_at=answered))
    spender.settle(100, 100, answered + 1)

    assert await spend_all(spender) == 50


async def test_a_higher_count_of_atlassian_raises_nothing(
    begin: Begin, clock: Clock
) -> None:
    spender = allowance(begin, clock)
    await spender.more(10)

    spender.note(QuotaCount(100_000, HOUR - 60))

    assert await spend_all(spender) == 1_000


@pytest.mark.parametrize(
    "count",
    [
        QuotaCount(0, 5.0),
        QuotaCount(0, HOUR - 60, announced=500),
        QuotaCount(0, HOUR - 60, is_for_all=False),
    ],
    ids=["of another hour", "announced and small", "of one site"],
)
async def test_a_count_of_something_else_changes_nothing(
    begin: Begin, clock: Clock, count: QuotaCount
) -> None:
    spender = allowance(begin, clock)
    await spender.more(10)

    spender.note(count)

    assert await spend_all(spender) == 1_000


async def test_an_announced_quota_as_large_as_the_budget_counts(
    begin: Begin, clock: Clock
) -> None:
    spender = allowance(begin, clock)
    await spender.more(10)

    spender.note(QuotaCount(300, HOUR - 60, announced=1_000))

    assert await spend_all(spender) == 300


async def test_a_site_with_a_quota_of_its_own_leaves_that_of_all_alone(
    begin: Begin, clock: Clock
) -> None:
    own = allowance(begin, clock, 500, account=SITE)
    shared = allowance(begin, clock)

    assert await spend_all(own) == 500
    assert await spend_all(shared) == 1_000
    assert (taken(begin, SITE), taken(begin)) == (500, 1_000)


async def test_a_pause_ends_with_its_time(begin: Begin, clock: Clock) -> None:
    spender = allowance(begin, clock)
    await spender.more(10)

    await spender.pause(40.0, is_for_all=True)
    assert not spender.has(10)
    wait = await spender.more(10)
    assert wait is not None
    assert wait.until.timestamp() == clock() + 40.0
    clock.now += 40.0

    assert spender.has(10)


async def test_what_is_too_little_for_one_call_is_enough_for_another(
    begin: Begin, clock: Clock
) -> None:
    spender = allowance(begin, clock, 1_000)
    assert await spend_all(spender, 900) == 900
    assert spender.waiting is not None

    assert await spender.more(100) is None
    assert spender.spend(100, clock())


async def test_it_sees_how_many_processes_scan_the_site(
    begin: Begin, clock: Clock
) -> None:
    spender = allowance(begin, clock)
    assert spender.sharers == 1
    now, lease = datetime.fromtimestamp(clock(), UTC), timedelta(minutes=5)
    with begin() as stores:
        scan, _ = stores.ledger.start(SITE, (), now)
        stores.ledger.add_units(
            scan.id, [Unit(scan.id, name, UnitKind.SHARD) for name in "ab"]
        )
        for owner in ("me", "you", "she"):
            stores.ledger.claim(scan.id, owner, now, lease, 1)

    await spender.more(10)

    assert spender.sharers == 3
