"""Finds the rate an endpoint bears, once it has refused calls for their number."""

from collections import deque
from dataclasses import dataclass, field

REMEMBERED_CALLS = 512
LOOKED_BACK = 20.0
MARGIN = 0.99
CREDIT = 0.8
SLOWEST = 0.2
HELD_FOR = 15.0
GROWTH = 0.01


@dataclass(frozen=True, slots=True)
class Turn:
    """When a call may go out; a refusal in the meantime takes all turns back."""

    wait: float
    refusals: int


@dataclass(slots=True)
class Pace:
    """The rate of one endpoint: unlimited until it refuses, then what it bore.

    Some time after the last refusal the rate begins to grow a little, so that a
    limit that was lifted is noticed.
    """

    _borne: deque[float] = field(default_factory=lambda: deque(maxlen=REMEMBERED_CALLS))
    _rate: float = 0.0
    _refused_at: float = 0.0
    _refused_since: float = 0.0
    _next_turn: float = 0.0
    _refusals: int = 0
    _credit: float = 0.0

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
        borne = [moment for moment in self._borne if since < moment <= sent_at]
        if borne:
            start = since if since == self._refused_since else min(borne)
            self._rate = max(SLOWEST, MARGIN * len(borne) / max(sent_at - start, 1.0))
        else:
            self._rate = max(SLOWEST, self._rate / 2)
        self._refusals += 1
        self._refused_at, self._refused_since = now, sent_at
        # While we pause the endpoint recovers: most of that may be used at once.
        self._credit = CREDIT * pause
        self._next_turn = now + pause - self._credit

    def _rate_at(self, now: float) -> float:
        calm = now - self._refused_at - HELD_FOR
        return self._rate if calm <= 0 else self._rate * (1 + GROWTH) ** calm
