"""Decides when a call may go out: slots in flight, pauses, the pace of endpoints."""

import asyncio
import heapq
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import IntEnum

from connector.atlassian.pace import Pace

Sleep = Callable[[float], Awaitable[None]]
Clock = Callable[[], float]


class Priority(IntEnum):
    """Who gets a free slot first: pages of content form a chain, the rest fills."""

    CONTENT = 0
    FILLING = 1


class PausedTooLongError(Exception):
    """The next call would have to wait longer than anybody is ready to."""

    def __init__(self, pause: "Pause", seconds: float, *, is_whole_site: bool) -> None:
        super().__init__(seconds)
        self.reason = pause.reason
        self.seconds = seconds
        self.is_whole_site = is_whole_site


@dataclass(frozen=True, slots=True)
class Pause:
    """Until when nobody calls, and which refusal said so."""

    until: float = 0.0
    reason: str = ""


OPEN = Pause()


@dataclass(slots=True)
class Slots:
    """A number of slots; who waits is served by priority, by line, then in turn."""

    free: int
    _turn: int = 0
    _waiting: list[tuple[Priority, int, int, asyncio.Future[None]]] = field(
        default_factory=list
    )

    async def acquire(self, priority: Priority, line: int = 0) -> None:
        """Wait for a slot."""
        if self.free and not self._waiting:
            self.free -= 1
            return
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._turn += 1
        heapq.heappush(self._waiting, (priority, line, self._turn, mine))
        try:
            await mine
        except asyncio.CancelledError:
            if mine.done() and not mine.cancelled():
                self.release()
            raise

    def release(self) -> None:
        """Hand a slot to the next who waits."""
        while self._waiting:
            *_, waiter = heapq.heappop(self._waiting)
            if not waiter.done():
                waiter.set_result(None)
                return
        self.free += 1


class Throttle:
    """Lets calls of one site through; nobody holds a slot while waiting for time.

    ``patience`` is the longest pause, in seconds, that a call sits out.
    """

    def __init__(
        self, slots: int, clock: Clock, sleep: Sleep, *, patience: float
    ) -> None:
        self.sleep = sleep
        self.patience = patience
        self._slots = Slots(slots)
        self._clock = clock
        self._site = OPEN
        self._endpoints: dict[str, Pause] = {}
        self._paces: dict[str, Pace] = {}

    @asynccontextmanager
    async def slot(
        self, endpoint: str, priority: Priority, line: int = 0
    ) -> AsyncIterator[float]:
        """Hold a slot for one call, once the endpoint may be called again.

        Yields when that is.
        """
        sent_at = await self._enter(endpoint, priority, line)
        try:
            yield sent_at
        finally:
            self._slots.release()

    def pause_site(self, seconds: float, reason: str) -> None:
        """Let nobody call anything for some seconds."""
        self._site = self._longer(self._site, seconds, reason)

    def pause(self, endpoint: str, seconds: float, reason: str) -> None:
        """Let nobody call an endpoint for some seconds."""
        before = self._endpoints.get(endpoint, OPEN)
        self._endpoints[endpoint] = self._longer(before, seconds, reason)

    def note_borne(self, endpoint: str, sent_at: float) -> None:
        """Take note that a call was not one too many."""
        self._pace(endpoint).note_borne(sent_at)

    def slow_down(self, endpoint: str, seconds: float, sent_at: float) -> None:
        """Call an endpoint less often after it refused a call; pauses nobody."""
        self._pace(endpoint).slow_down(self._clock(), seconds, sent_at)

    async def _enter(self, endpoint: str, priority: Priority, line: int) -> float:
        pace = self._pace(endpoint)
        while True:
            await self._sit_out(endpoint)
            turn = pace.take_turn(self._clock())
            if turn.wait:
                await self.sleep(turn.wait)
            await self._slots.acquire(priority, line)
            now = self._clock()
            if self._pause_of(endpoint).until <= now and pace.honours(turn):
                return now
            self._slots.release()

    async def _sit_out(self, endpoint: str) -> None:
        while True:
            pause = self._pause_of(endpoint)
            left = pause.until - self._clock()
            if left <= 0:
                return
            if left > self.patience:
                is_whole_site = pause is self._site
                raise PausedTooLongError(pause, left, is_whole_site=is_whole_site)
            await self.sleep(left)

    def _pause_of(self, endpoint: str) -> Pause:
        own = self._endpoints.get(endpoint, OPEN)
        return own if own.until > self._site.until else self._site

    def _longer(self, pause: Pause, seconds: float, reason: str) -> Pause:
        until = self._clock() + seconds
        return pause if pause.until >= until else Pause(until, reason)

    def _pace(self, endpoint: str) -> Pace:
        return self._paces.setdefault(endpoint, Pace())
