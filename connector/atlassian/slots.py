"""How many calls may be in flight: fewer while a site is overloaded."""

import asyncio
import heapq
from dataclasses import dataclass, field
from enum import IntEnum

MOST_AT_A_SITE = 10
"""Requests in flight that a site is asked to bear, from all processes together."""

FEWEST = 1.0
DECREASE = 0.75
"""So that one failure in fifty, as on any day, keeps nobody from calling."""


class Priority(IntEnum):
    """Who gets a free slot first: pages of content form a chain, the rest fills."""

    CONTENT = 0
    FILLING = 1


@dataclass(slots=True)
class Slots:
    """At most so many slots; who waits is served by priority, by line, then in turn.

    Their number shrinks by a quarter when a call shows that the site is overloaded,
    and grows by one when as many calls went well as there are slots. Of what a site
    is asked to bear each process that works on it has an equal share.
    """

    most: int
    taken: int = 0
    _wanted: float = field(init=False)
    _shrunk_at: float = 0.0
    _turn: int = 0
    _share: int = MOST_AT_A_SITE
    _waiting: list[tuple[Priority, int, int, asyncio.Future[None]]] = field(
        default_factory=list
    )

    def __post_init__(self) -> None:
        """Begin with all of them."""
        self._wanted = float(self.most)

    @property
    def number(self) -> int:
        """How many slots there are at the moment."""
        return min(int(self._wanted), self._share)

    async def acquire(self, priority: Priority, line: int = 0) -> None:
        """Wait for a slot."""
        if self.taken < self.number and not self._waiting:
            self.taken += 1
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
        self.taken -= 1
        self._hand_out()

    def grow(self) -> None:
        """Take note of a call that went well."""
        if self._wanted < self.most:
            self._wanted = min(self._wanted + 1 / self._wanted, float(self.most))
            self._hand_out()

    def shrink(self, now: float, sent_at: float) -> None:
        """Take note of a call that showed overload; those sent together count once."""
        if sent_at >= self._shrunk_at:
            held = min(self._wanted, float(self._share))
            self._wanted = max(FEWEST, held * DECREASE)
            self._shrunk_at = now

    def share(self, processes: int) -> None:
        """Leave to other processes what is theirs; nobody is left without a slot."""
        before, self._share = self._share, max(1, MOST_AT_A_SITE // processes)
        if self._share > before:
            self._hand_out()

    def _hand_out(self) -> None:
        while self._waiting and self.taken < self.number:
            *_, waiter = heapq.heappop(self._waiting)
            if not waiter.done():
                self.taken += 1
                waiter.set_result(None)
