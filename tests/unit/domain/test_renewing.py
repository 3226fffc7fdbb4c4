"""What is oldest is read again, a little each time, and nothing gets too old."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from connector.domain.freshness import GroupAge, SiteAge
from connector.domain.renewing import SMALL_GROUP, Sweep, groups_due

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(days=7)


def test_what_is_younger_than_half_the_bound_is_left_alone() -> None:
    ages = {"DOCS": (NOW - 3 * DAY, 100), "HR": (NOW - HOUR, 100)}

    assert Sweep(NOW, DAY, WEEK).due(ages) == frozenset()


def test_a_scan_takes_its_share_of_the_old_the_oldest_first() -> None:
    ages = {f"S{n}": (NOW - 5 * DAY + n * HOUR, 10) for n in range(10)}

    # Half a week is to be gone through in half a week: a day is 2/7 of it.
    assert Sweep(NOW, DAY, WEEK).due(ages) == {"S0", "S1", "S2"}


def test_a_large_space_comes_when_it_is_its_turn_however_small_the_share() -> None:
    ages = {"LARGE": (NOW - 6 * DAY, 10_000), "SMALL": (NOW - 5 * DAY, 1)}

    assert Sweep(NOW, HOUR, WEEK).due(ages) == {"LARGE"}


def test_what_would_be_too_old_at_the_next_scan_is_read_whatever_it_weighs() -> None:
    ages = {f"S{n}": (NOW - 7 * DAY + HOUR / 2, 10) for n in range(10)}

    assert Sweep(NOW, HOUR, WEEK).due(ages) == ages.keys()


@given(
    weights=st.lists(st.integers(1, 50), min_size=1, max_size=12),
    hours=st.integers(1, 48),
)
def test_nothing_ever_gets_older_than_the_bound(weights: list[int], hours: int) -> None:
    step = timedelta(hours=hours)
    read_at = {str(n): NOW for n in range(len(weights))}
    for turn in range(1, 3 * WEEK // step):
        now = NOW + turn * step
        ages = {key: (at, weights[int(key)]) for key, at in read_at.items()}
        read_at |= dict.fromkeys(Sweep(now, step, WEEK).due(ages), now)
        assert all(now - at <= WEEK for at in read_at.values())


def test_a_small_group_is_read_each_time_since_its_count_hides_a_swap() -> None:
    sizes = {"few": SMALL_GROUP, "many": SMALL_GROUP + 1}
    age = SiteAge(NOW, NOW, groups=dict.fromkeys(sizes, GroupAge(NOW)))

    assert groups_due(Sweep(NOW, HOUR, WEEK), age, sizes) == {"few"}
