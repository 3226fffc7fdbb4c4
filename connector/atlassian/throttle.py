"""Decides when a call may go out: points, pauses, the pace of endpoints, slots."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from connector.atlassian.pace import Pace, Turn
from connector.atlassian.slots import Priority, Slots
from connector.domain.points import Allowance, Unlimited

QUOTA = "quota"
"""Why everything is paused where Atlassian's quota of an hour is used up."""

LONGEST_TURN = 1.0
LONGEST_SLEEP = 30.0
"""While points are waited for: others may give some back before the hour is over."""

Sleep = Callable[[float], Awaitable[None]]
Clock = Callable[[], float]


class PausedTooLongError(Exception):
    """The next call would have to wait longer than anybody is ready to."""

    def __init__(self, pause: "Pause", seconds: float, *, is_whole_site: bool) -> None:
        super().__init__(seconds)
        self.reason = pause.reason
        self.until = pause.until
        self.seconds = seconds
        self.is_whole_site = is_whole_site


@dataclass(frozen=True, slots=True)
class Pause:
    """Until when nobody calls, and which refusal said so."""

    until: float = 0.0
    reason: str = ""


OPEN = Pause()


class Throttle:
    """Lets calls of one site through; nobody holds a slot while waiting for time.

    ``patience`` is the longest pause, in seconds, that a call sits out; for the quota
    it waits as long as it takes where ``waits_for_quota`` is set.
    """

    def __init__(
        self,
        slots: int,
        clock: Clock,
        sleep: Sleep,
        *,
        patience: float,
        waits_for_quota: bool = False,
        allowance: Allowance | None = None,
    ) -> None:
        self.sleep = sleep
        self.patience = patience
        self.allowance = allowance or Unlimited()
        self.slots = Slots(slots)
        self.waits_for_quota = waits_for_quota
        self._clock = clock
        self._site = OPEN
        self._endpoints: dict[str, Pause] = {}
        self._paces: dict[str, Pace] = {}

    @asynccontextmanager
    async def slot(
        self, endpoint: str, priority: Priority, line: int = 0, points: int = 0
    ) -> AsyncIterator[float]:
        """Hold a slot for one call, once the endpoint may be called again.

        Yields when that is; the points are set aside from then on.
        """
        sent_at = await self._enter(endpoint, priority, line, points)
        try:
            yield sent_at
        finally:
            self.slots.release()

    def pause_site(self, seconds: float, reason: str) -> None:
        """Let nobody call anything for some seconds."""
        self._site = self._longer(self._site, seconds, reason)

    def pause(self, endpoint: str, seconds: float, reason: str) -> None:
        """Let nobody call an endpoint for some seconds."""
        before = self._endpoints.get(endpoint, OPEN)
        self._endpoints[endpoint] = self._longer(before, seconds, reason)

    def note_borne(self, endpoint: str, sent_at: float) -> None:
        """Take note that a call was not one too many."""
        self.slots.grow()
        self._pace(endpoint).note_borne(sent_at)

    def note_overload(self, sent_at: float) -> None:
        """Have fewer calls in flight after one that showed overload."""
        self.slots.shrink(self._clock(), sent_at)

    def slow_down(self, endpoint: str, seconds: float, sent_at: float) -> None:
        """Call an endpoint less often after it refused a call; pauses nobody."""
        self._pace(endpoint).slow_down(self._clock(), seconds, sent_at)

    async def _enter(
        self, endpoint: str, priority: Priority, line: int, points: int
    ) -> float:
        pace = self._pace(endpoint)
        while True:
            await self._sit_out(endpoint, points)
            if pace.is_limited:
                # In single file: whoever is next asks for a turn at today's rate.
                async with pace.file:
                    turn = await self._turn(pace)
            else:
                turn = pace.take_turn(self._clock())
            self.slots.share(self.allowance.sharers)
            await self.slots.acquire(priority, line)
            now = self._clock()
            is_free = self._pause_of(endpoint).until <= now and pace.honours(turn)
            if is_free and self.allowance.spend(points, now):
                return now
            self.slots.release()

    async def _turn(self, pace: Pace) -> Turn:
        """Wait for the next turn, but not to its end if it is taken back meanwhile."""
        now = self._clock()
        turn = pace.take_turn(now)
        until = now + turn.wait
        while pace.honours(turn) and (left := until - self._clock()) > 0:
            await self.sleep(min(left, LONGEST_TURN))
        return turn

    async def _sit_out(self, endpoint: str, points: int) -> None:
        while True:
            pause = self._pause_of(endpoint)
            left = pause.until - self._clock()
            if left > 0:
                await self._sleep_through(pause, left, left)
            elif self.allowance.has(points):
                return
            elif wait := await self.allowance.more(points):
                pause = Pause(wait.until.timestamp(), QUOTA)
                left = pause.until - self._clock()
                await self._sleep_through(pause, left, LONGEST_SLEEP)

    async def _sleep_through(self, pause: Pause, left: float, at_most: float) -> None:
        is_about_quota = pause.reason == QUOTA
        sits_it_out = is_about_quota and self.waits_for_quota
        if left > self.patience and not sits_it_out:
            is_whole_site = is_about_quota or pause is self._site
            raise PausedTooLongError(pause, left, is_whole_site=is_whole_site)
        await self.sleep(min(left, at_most))

    def _pause_of(self, endpoint: str) -> Pause:
        own = self._endpoints.get(endpoint, OPEN)
        return own if own.until > self._site.until else self._site

    def _longer(self, pause: Pause, seconds: float, reason: str) -> Pause:
        until = self._clock() + seconds
        return pause if pause.until >= until else Pause(until, reason)

    def _pace(self, endpoint: str) -> Pace:
        return self._paces.setdefault(endpoint, Pace())
