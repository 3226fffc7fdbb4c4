"""Tells again of findings that stand and of which nothing was told for long."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from connector.domain.store_ports import Begin

AT_ONCE = 200
BEFORE_ALL = 0


@dataclass(frozen=True, slots=True)
class RepeatFindings:
    """Writes heart-beats into the feed: for consumers that drop what goes quiet.

    Whoever does not ask for them never sees one. Without a time nothing is written.
    """

    begin: Begin
    now: Callable[[], datetime]
    every: timedelta

    @property
    def is_on(self) -> bool:
        """Return whether there is anything to do, ever."""
        return self.every > timedelta(0)

    def __call__(self, keep_going: Callable[[], bool] = lambda: True) -> int:
        """Repeat what has been quiet for so long, a transaction for some hundred.

        Returns how many findings were told again.
        """
        if not self.is_on:
            return 0
        before = self.now() - self.every
        repeated, after = 0, BEFORE_ALL
        while keep_going():
            with self.begin() as stores:
                some = stores.feed.repeat(before, after, AT_ONCE)
            if some is None:
                break
            after = some.last
            repeated += some.count
        return repeated
