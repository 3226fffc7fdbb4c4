"""What one reader may spend: portions of an hour's budget that all processes share."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from connector.domain.errors import CasbError
from connector.domain.points import (
    APP,
    AccountState,
    Budget,
    QuotaCount,
    QuotaWait,
    Wish,
)
from connector.domain.store_ports import Begin, Stores

logger = logging.getLogger(__name__)

NEVER = datetime.min.replace(tzinfo=UTC)
LOOK_EVERY = 1.0
RESET_TOLERANCE = 0.05
"""How far, in hours, a reset may be from the end of our hour and still be its own."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a look at the accounts showed, and what was granted on the occasion."""

    ours: AccountState
    paused_until: datetime
    sharers: int
    granted: int = 0


@dataclass(slots=True)
class PortionedAllowance:
    """The allowance of one reader, over the accounts in the database.

    A call costs no look at the database: points come in portions, and what others
    did to the accounts is looked up beside the calls, once a second. A process that
    is killed loses the portion it holds. ``clock`` gives seconds since the epoch.
    """

    begin: Begin
    budget: Budget
    site_id: str
    clock: Callable[[], float]
    is_interactive: bool = False
    _hour: datetime = NEVER
    _ends: float = 0.0
    _left: int = 0
    _aside: Counter[float] = field(default_factory=Counter)
    _taken: int = 0
    _sharers: int = 1
    _counted: int = 0
    _paused_until: float = 0.0
    _dry_until: float = 0.0
    _lacked: int = 0
    _looked_at: float = 0.0
    _look: asyncio.Task[None] | None = None
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    _settled: asyncio.Event = field(default_factory=asyncio.Event)

    def has(self, points: int) -> bool:
        """Return whether so many points are at hand."""
        now = self.clock()
        if now - self._looked_at >= LOOK_EVERY:
            self._look_soon(now)
        is_open = self._paused_until <= now < self._ends
        return is_open and self._left >= self._capped(points)

    def spend(self, points: int, at: float) -> bool:
        """Set points aside for a call at a time; returns whether they were at hand."""
        if not self.has(points):
            return False
        self._left -= self._capped(points)
        self._aside[at] += self._capped(points)
        return True

    def settle(self, points: int, cost: int, spent_at: float) -> None:
        """Take note of what a call cost, for which points were set aside."""
        if spent_at >= self._began:  # Of an hour that is over nothing comes back.
            self._aside[spent_at] -= self._capped(points)
            self._left += self._capped(points) - cost
            self._aside += Counter()  # Drops what is settled.
        self._settled.set()

    def note(self, count: QuotaCount) -> None:
        """Take note of Atlassian's own count: it may lower ours and never raises it.

        It is left alone where it speaks of another hour than ours, of a quota that
        is only announced and smaller than our budget, or of one site alone where
        the budget is that of all.
        """
        now, tolerance = self.clock(), RESET_TOLERANCE * self._seconds
        is_of_another_hour = abs(now + count.resets_in - self._ends) > tolerance
        is_idle = count.announced is not None and count.announced < self.budget.points
        is_of_one_site = self.budget.account == APP and not count.is_for_all
        if now >= self._ends or is_of_another_hour or is_idle or is_of_one_site:
            return
        later = self._set_aside(count.asked_at)
        self._left = min(self._left, max(0, count.left - later))
        gone = self.budget.points - count.left + later + self._left
        self._counted = max(self._counted, gone)

    async def more(self, points: int) -> QuotaWait | None:
        """Get more points, or say until when there are none.

        While calls are under way whose answers may cost less than was set aside,
        these are waited for first.
        """
        async with self._turn:
            now = self.clock()
            lacking = self._capped(points) - self._left
            is_fresh = now < self._dry_until and now - self._looked_at < LOOK_EVERY
            is_known_dry = is_fresh and lacking >= self._lacked
            if not (self.has(points) or now < self._paused_until or is_known_dry):
                await self._take(points, now)
            if self.has(points):
                return None
            may_settle = bool(self._aside) and now >= self._paused_until
            self._settled.clear()
        if not may_settle:
            return self.waiting
        await self._settled.wait()
        return None

    async def pause(self, seconds: float, *, is_for_all: bool) -> None:
        """Let nobody call until then: on no site, or not on this one."""
        pause = self.clock() + seconds
        if pause <= self._paused_until:
            return
        self._paused_until = pause
        until, account = (
            _moment(self._paused_until),
            APP if is_for_all else self.site_id,
        )

        def tell() -> None:
            with self.begin() as stores:
                stores.points.pause(account, until)

        await asyncio.to_thread(tell)

    @property
    def waiting(self) -> QuotaWait | None:
        """The wait that is on at the moment."""
        until = max(self._paused_until, self._dry_until)
        if until <= self.clock():
            return None
        return QuotaWait(_moment(until), self._taken, self.budget.points)

    @property
    def sharers(self) -> int:
        """How many processes scan the site: they share what it bears at once."""
        return self._sharers

    async def aclose(self) -> None:
        """Give back what was not spent."""
        if self._look is not None:
            await self._look
        left, self._left = self._left, 0
        if left:
            await asyncio.to_thread(self._give_back, left)

    def _set_aside(self, since: float) -> int:
        """Return the points of the calls under way that went out after a moment."""
        return sum(points for at, points in self._aside.items() if at > since)

    @property
    def _limit(self) -> int:
        return self.budget.limit(is_interactive=self.is_interactive)

    def _capped(self, points: int) -> int:
        """Return what to set aside: no call may need more than an hour allows."""
        return min(points, self._limit)

    @property
    def _seconds(self) -> float:
        return self.budget.hour.total_seconds()

    @property
    def _began(self) -> float:
        return self._ends - self._seconds

    async def _take(self, points: int, now: float) -> None:
        """Take a portion; one that was granted while we are cancelled is kept too."""
        hour = self.budget.hour_of(_moment(now))
        if hour != self._hour:
            self._hour, self._ends = hour, hour.timestamp() + self._seconds
            self._left = self._counted = 0
            self._aside.clear()
        least, limit = self._capped(points) - self._left, self._limit
        most = max(least, self.budget.portion)
        wish = Wish(hour, least, most, limit, self._counted)
        asking = asyncio.ensure_future(asyncio.to_thread(self._ask, wish))
        try:
            await asyncio.shield(asking)
        finally:
            seen = await asking
            self._take_in(seen, now)
            self._left += seen.granted
            self._dry_until = 0.0 if seen.granted else self._ends
            self._lacked = least

    def _look_soon(self, now: float) -> None:
        """Look at the accounts beside the calls; a look under way is enough."""
        self._looked_at = now
        if self._look is None or self._look.done():
            self._look = asyncio.ensure_future(self._look_at(now))

    async def _look_at(self, now: float) -> None:
        try:
            self._take_in(await asyncio.to_thread(self._see), now)
        except CasbError as error:
            logger.info("the points could not be looked at: %s", error)

    def _take_in(self, seen: Seen, now: float) -> None:
        """Take in what others did to the accounts."""
        self._taken = seen.ours.taken if seen.ours.hour == self._hour else 0
        self._paused_until = max(self._paused_until, seen.paused_until.timestamp())
        self._sharers = max(1, seen.sharers)
        self._looked_at = now

    def _ask(self, wish: Wish) -> Seen:
        with self.begin() as stores:
            granted = stores.points.take(self.budget.account, wish)
            return replace(self._seen(stores), granted=granted)

    def _see(self) -> Seen:
        with self.begin(write=False) as stores:
            return self._seen(stores)

    def _seen(self, stores: Stores) -> Seen:
        accounts = self.budget.accounts(self.site_id)
        states = {account: stores.points.state(account) for account in accounts}
        paused = max(state.paused_until for state in states.values())
        sharers = stores.ledger.workers(self.site_id, _moment(self.clock()))
        return Seen(states[self.budget.account], paused, sharers)

    def _give_back(self, points: int) -> None:
        with self.begin() as stores:
            stores.points.give_back(self.budget.account, self._hour, points)


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
