"""Finds the rate an endpoint bears, once it has refused calls for their number."""

import asyncio
from collections import deque
from dataclasses import dataclass, field

REMEMBERED_CALLS = 4096
LOOKED_BACK = 20.0
LOOKED_LONG = 5.0
"""In seconds: what was borne for less time says little about the rate."""

MARGIN = 0.99
CREDIT = 0.8
SLOWEST = 0.2
FIRST_RATE = 1.0
FIRST_GROWTH = 1.2
"""In a second, until the second refusal: the first one comes before much is known."""

GROWTH = 3e-5
"""Of the third power of the calm seconds: next to nothing at first, then boldly."""

DROP = 0.85
FIRST_DROP = 0.6
FIRST_REFUSALS = 2
"""At most so much lower at once; more while what a full bucket bore is counted in."""


@dataclass(frozen=True, slots=True)
class Turn:
    """When a call may go out; a refusal in the meantime takes all turns back."""

    wait: float
    refusals: int


@dataclass(slots=True)
class Pace:
    """The rate of one endpoint: unlimited until it refuses, then what it bore.

    The longer it refuses nothing the faster the rate grows, so that a limit that was
    lifted is noticed, and so that of several processes each finds its share. Callers
    ask for their turns in single ``file``.
    """

    file: asyncio.Lock = field(default_factory=asyncio.Lock, repr=False)
    _borne: deque[float] = field(default_factory=lambda: deque(maxlen=REMEMBERED_CALLS))
    _rate: float = 0.0
    _refused_at: float = 0.0
    _refused_since: float = 0.0
    _next_turn: float = 0.0
    _refusals: int = 0
    _credit: float = 0.0

    @property
    def is_limited(self) -> bool:
        """Whether there is a rate to keep to."""
        return self._rate > 0

    def take_turn(self, now: float) -> Turn:
        """Take the next turn."""
        if not self._rate:
            return Turn(0.0, self._refusals)
        turn = max(self._next_turn, now - self._credit)
        self._next_turn = turn + 1 / self._rate_at(now)
        return Turn(max(0.0, turn - now), self._refusals)

    def honours(self, turn: Turn) -> bool:
        """Return whether a turn still holds."""
        return turn.refusals == self._refusals

    def note_borne(self, sent_at: float) -> None:
        """Remember when a call went out that was not refused."""
        self._borne.append(sent_at)

    def slow_down(self, now: float, pause: float, sent_at: float) -> None:
        """Learn from the refusal of a call; those that come in one pause count once."""
        if self._rate and now - self._refused_at <= pause:
            return
        since = max(self._refused_since, sent_at - LOOKED_BACK)
        before = self._rate_at(now) if self._rate else 0.0
        borne = [moment for moment in self._borne if since < moment <= sent_at]
        start = since if since == self._refused_since else min(borne, default=sent_at)
        measured = MARGIN * len(borne) / max(sent_at - start, 1.0)
        if before and sent_at - start < LOOKED_LONG:
            is_new = self._refusals <= FIRST_REFUSALS
            measured = max(measured, (FIRST_DROP if is_new else DROP) * before)
        self._rate = max(SLOWEST if before else FIRST_RATE, measured)
        self._refusals += 1
        self._refused_at, self._refused_since = now, sent_at
        # While we pause the endpoint recovers: most of that may be used at once.
        self._credit = CREDIT * pause
        self._next_turn = now + pause - self._credit

    def _rate_at(self, now: float) -> float:
        calm = max(0.0, now - self._refused_at)
        if self._refusals == 1:
            return float(self._rate * FIRST_GROWTH**calm)
        return self._rate * (1 + GROWTH * calm**3)
