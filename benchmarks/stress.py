"""What scans went through under a limit, and how much of the limit they used.

A limit is judged by the time in which it held calls back: where calls are slower than
it by themselves, because of latency or of a busy machine, it costs nothing.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

TOO_MANY = 429
UNAVAILABLE = 503
OK = 200
HELD = 0.5
"""Seconds of an hour in which calls were held back from which on it counts."""

MOST = 0.8
FEWEST_SECONDS, FEWEST_HOURS = 10, 2
"""Held back for less, scans say nothing about a limit."""

Log = Sequence[tuple[float, str, int]]
Times = Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Stress:
    """What a scan, or several side by side, went through.

    ``ids`` are the items that each of them kept; ``held`` are the times, from and
    until, in which calls were made to wait; ``points_at`` is what had been spent in
    all at some moments.
    """

    log: Log
    ids: tuple[tuple[str, ...], ...]
    held: Times = ()
    points_at: tuple[tuple[float, int], ...] = ()

    @property
    def refused(self) -> float:
        """The share of calls that were one too many."""
        return self._share_of(TOO_MANY)

    @property
    def useful(self) -> float:
        """The share of calls that brought something, be it that a thing is gone."""
        return 1 - self._share_of(TOO_MANY, UNAVAILABLE)

    def missed(self, whole: "Stress") -> int:
        """How many items of an undisturbed scan are not there, or there twice."""
        wanted = set(whole.ids[0])
        return sum(
            len(set(ids) ^ wanted) + len(ids) - len(set(ids)) for ids in self.ids
        )

    def held_back(self, length: float) -> frozenset[int]:
        """Return in which stretches of so many seconds calls were made to wait."""
        held: Counter[int] = Counter()
        for since, until in _joined(self.held):
            for number in range(int(since // length), int(until // length) + 1):
                begins, ends = number * length, (number + 1) * length
                held[number] += _milliseconds(min(until, ends) - max(since, begins))
        return frozenset(
            number for number, time in held.items() if time >= _milliseconds(HELD)
        )

    def of_bucket(self, part: str, per_second: float) -> float:
        """Return the answers of an endpoint over what its bucket let through."""
        since, until = self._emptied(part)
        if self.held_by_bucket(part) < FEWEST_SECONDS:
            return math.nan
        used = sum(since < at <= until for at in self._answered(part))
        return used / (per_second * (until - since))

    def held_by_bucket(self, part: str) -> float:
        """Return for how many seconds calls were made to wait once it was empty."""
        since, until = self._emptied(part)
        return sum(
            max(0.0, min(ends, until) - max(begins, since))
            for begins, ends in _joined(self.held)
        )

    def of_wall(self, points: int, hour: float) -> float:
        """Return the points spent over those there were."""
        hours = self.held_back(hour)
        if len(hours) < FEWEST_HOURS:
            return math.nan
        spent_by: dict[int, int] = {}
        for at, spent in self.points_at:
            spent_by[int(at // hour)] = spent
        spent_in = (
            spent_by.get(number, 0) - _last_before(spent_by, number) for number in hours
        )
        return sum(spent_in) / (points * len(hours))

    def sent_in_vain(self, hour: float, under_way: float) -> int:
        """Count the calls between a refusal for the quota and its reset.

        Those of the first seconds ``under_way`` were sent before the refusal came.
        """
        refused_at: dict[int, float] = {}
        for at, _, status in self.log:
            if status == TOO_MANY:
                refused_at.setdefault(int(at // hour), at)
        return sum(
            at > refused_at.get(int(at // hour), at) + under_way for at, *_ in self.log
        )

    def _emptied(self, part: str) -> tuple[float, float]:
        """Return from when on a bucket was empty, and until when most was answered.

        It is empty at its first refusal. For the last pages there may be too few
        chains to use what it bears.
        """
        refused = (at for at, call, s in self.log if part in call and s == TOO_MANY)
        answered = self._answered(part)
        return min(refused, default=math.inf), answered[int(MOST * len(answered))]

    def _answered(self, part: str) -> list[float]:
        """Return when the calls of an endpoint were answered."""
        return sorted(at for at, call, s in self.log if part in call and s == OK)

    def _share_of(self, *statuses: int) -> float:
        return sum(status in statuses for *_, status in self.log) / len(self.log)


def _joined(times: Times) -> list[tuple[float, float]]:
    """Return stretches of time that overlap as one."""
    joined: list[tuple[float, float]] = []
    for since, until in sorted(times):
        if joined and since <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], until))
        else:
            joined.append((since, until))
    return joined


def _milliseconds(seconds: float) -> int:
    return round(1000 * seconds)


def _last_before(spent_by: dict[int, int], hour: int) -> int:
    return max((spent for at, spent in spent_by.items() if at < hour), default=0)
