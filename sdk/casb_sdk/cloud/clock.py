"""The time of the simulated cloud: real time, plus what a test skipped."""

import time
from datetime import UTC, datetime
from functools import lru_cache

DAY = 86_400


class Clock:
    """Tells the time; a test moves it forward instead of waiting."""

    def __init__(self) -> None:
        self._skipped = 0.0

    def now(self) -> float:
        """Return the seconds since the epoch."""
        return time.time() + self._skipped

    def advance(self, seconds: float) -> None:
        """Skip some seconds: tokens age, the virtual hour passes."""
        self._skipped += seconds


def iso(seconds: float) -> str:
    """Return a time the way Confluence writes it."""
    day, rest = divmod(int(seconds), DAY)
    minutes, second = divmod(rest, 60)
    hour, minute = divmod(minutes, 60)
    return f"{_date(day)}T{hour:02}:{minute:02}:{second:02}.000Z"


@lru_cache(maxsize=8192)
def _date(day: int) -> str:
    return datetime.fromtimestamp(day * DAY, UTC).strftime("%Y-%m-%d")
