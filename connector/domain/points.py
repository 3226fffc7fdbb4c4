"""The points Atlassian allows in an hour: budgets, and how processes share them."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

APP = ""
"""The account of the app itself: all sites without a quota of their own share it."""

TIER_1 = 65_000
RESERVE = 0.05
PORTIONS = 100
DEAREST_CALL = 501
"""A full page of permissions: with less left than that a scan may have to wait."""

HOUR = timedelta(hours=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Budget:
    """How many points may be spent from one account in each hour.

    ``reserve`` is the share that only interactive calls may touch. Atlassian's hour
    begins with that of UTC; another ``hour`` is for tests.
    """

    points: int = TIER_1
    account: str = APP
    reserve: float = RESERVE
    hour: timedelta = HOUR

    @property
    def portion(self) -> int:
        """How many points a process takes at a time: all that its death can lose."""
        return max(1, self.points // PORTIONS)

    def limit(self, *, is_interactive: bool) -> int:
        """Return how much of the budget may be taken by calls of a kind."""
        return self.points if is_interactive else int(self.points * (1 - self.reserve))

    def accounts(self, site_id: str) -> frozenset[str]:
        """Return the accounts whose pauses hold back the calls to a site."""
        return frozenset({APP, site_id, self.account})

    def hour_of(self, now: datetime) -> datetime:
        """Return when the hour that a moment lies in began."""
        return EPOCH + (now - EPOCH) // self.hour * self.hour


@dataclass(frozen=True, slots=True)
class QuotaWait:
    """That nothing may be called until a moment; ``taken`` of ``points`` are gone."""

    until: datetime
    taken: int
    points: int


@dataclass(frozen=True, slots=True)
class AccountState:
    """How an account stands: points taken in an hour, and a pause if there is one."""

    hour: datetime = EPOCH
    taken: int = 0
    paused_until: datetime = EPOCH


NEW_ACCOUNT = AccountState()


def wait_of_scans(
    budget: Budget, states: Mapping[str, AccountState], now: datetime
) -> QuotaWait | None:
    """Return the wait that is on for scans, by how the accounts of a site stand.

    Somebody else works on them: whether they wait already or will with their next
    dear call cannot be told apart.
    """
    own, limit = states[budget.account], budget.limit(is_interactive=False)
    taken = own.taken if own.hour == budget.hour_of(now) else 0
    until = max(state.paused_until for state in states.values())
    if limit - taken < min(DEAREST_CALL, limit):
        until = max(until, budget.hour_of(now) + budget.hour)
    return QuotaWait(until, taken, budget.points) if until > now else None


@dataclass(frozen=True, slots=True)
class Wish:
    """What a process wants of an account: ``least`` points or none, ``most`` if there.

    ``limit`` is how many all processes together may have taken in the hour, and
    ``taken`` how many are gone by Atlassian's own count, the wisher's included.
    """

    hour: datetime
    least: int
    most: int
    limit: int
    taken: int = 0


def spent_already(points: int, now: datetime) -> Wish:
    """Return the wish for points that were spent without asking: it is granted."""
    return Wish(Budget().hour_of(now), points, points, sys.maxsize)


@dataclass(frozen=True, slots=True)
class QuotaCount:
    """How many points are left by Atlassian's count, and the seconds to the reset.

    ``announced`` is the size of a quota that is not enforced yet; ``is_for_all`` is
    false for the quota of one site. ``asked_at`` is when the call went out whose answer
    says so: what went out before is in the count, what went out later is not.
    """

    left: int
    resets_in: float
    announced: int | None = None
    is_for_all: bool = True
    asked_at: float = 0.0


class PointsStore(Protocol):
    """The accounts of points, shared by all sites and processes."""

    def take(self, account: str, wish: Wish) -> int:
        """Take points; returns how many, 0 where fewer than wished for are left.

        Nothing is left of an hour that is over for another process.
        """
        ...

    def give_back(self, account: str, hour: datetime, points: int) -> None:
        """Give back what was not spent of an hour that is not over.

        A negative number takes what was spent above what had been taken.
        """
        ...

    def pause(self, account: str, until: datetime) -> None:
        """Let nobody who uses an account call before a moment; never shortens one."""
        ...

    def state(self, account: str) -> AccountState:
        """Return how an account stands."""
        ...


class Allowance(Protocol):
    """What one reader of a site may spend; nothing here waits but ``more``.

    Points are set aside by the most that a call can cost and settled by what it did.
    """

    def has(self, points: int) -> bool:
        """Return whether so many points are at hand."""
        ...

    def spend(self, points: int, at: float) -> bool:
        """Set points aside for a call at a time; returns whether they were at hand."""
        ...

    def settle(self, points: int, cost: int, spent_at: float) -> None:
        """Take note of what a call cost, for which points were set aside."""
        ...

    def note(self, count: QuotaCount) -> None:
        """Take note of Atlassian's own count: it may lower ours and never raises it."""
        ...

    async def more(self, points: int) -> QuotaWait | None:
        """Get more points, or say until when there are none."""
        ...

    async def pause(self, seconds: float, *, is_for_all: bool) -> None:
        """Let nobody call: on no site, or not on this one."""
        ...

    @property
    def waiting(self) -> QuotaWait | None:
        """The wait that is on at the moment."""
        ...

    @property
    def sharers(self) -> int:
        """How many processes scan the site: they share what it bears at once."""
        ...

    async def aclose(self) -> None:
        """Give back what was not spent."""
        ...


class Unlimited:
    """The allowance of a reader that nobody counts points for."""

    waiting: QuotaWait | None = None
    sharers: int = 1

    def has(self, points: int) -> bool:
        """Return that there is always enough."""
        return points >= 0

    def spend(self, points: int, at: float) -> bool:
        """Return that there is always enough."""
        del at
        return self.has(points)

    def settle(self, points: int, cost: int, spent_at: float) -> None:
        """Take note of nothing."""

    def note(self, count: QuotaCount) -> None:
        """Take note of nothing."""

    async def more(self, points: int) -> QuotaWait | None:
        """Return that there is no need to wait."""

    async def pause(self, seconds: float, *, is_for_all: bool) -> None:
        """Pause nobody else."""

    async def aclose(self) -> None:
        """Hold nothing."""
