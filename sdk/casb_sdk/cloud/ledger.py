"""What the cloud was asked: calls, points, refusals, load."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

CONFLUENCE = " /wiki/"


@dataclass(slots=True)
class Ledger:
    """The calls of everybody since the last reset.

    Keys are ``METHOD /path`` with placeholders, below the gateway's prefix.
    ``refused`` counts answers that are not 2xx by status.
    """

    calls: Counter[str] = field(default_factory=Counter)
    points: Counter[str] = field(default_factory=Counter)
    refused: Counter[int] = field(default_factory=Counter)
    points_per_site: Counter[str] = field(default_factory=Counter)
    in_flight: int = 0
    max_in_flight: int = 0
    cpu_clock: Callable[[], float] = time.thread_time
    cpu_before: float = 0.0
    log: list[tuple[float, str, int]] = field(default_factory=list)

    @property
    def total_calls(self) -> int:
        """The number of calls of Confluence; consent and tokens are not among them."""
        return sum(n for endpoint, n in self.calls.items() if CONFLUENCE in endpoint)

    @property
    def cpu_seconds(self) -> float:
        """The processor time of the server since the last reset."""
        return self.cpu_clock() - self.cpu_before

    @property
    def total_points(self) -> int:
        """The points spent."""
        return self.points.total()

    def measure_this_thread(self) -> None:
        """Count the processor time of the calling thread from now on."""
        clock = time.pthread_getcpuclockid(threading.get_ident())
        self.cpu_clock = lambda: time.clock_gettime(clock)
        self.cpu_before = self.cpu_clock()

    def stop_measuring(self) -> None:
        """Keep the processor time counted so far: the thread is about to end."""
        counted = self.cpu_clock()
        self.cpu_clock = lambda: counted

    def begin(self) -> None:
        """Note that a request came in."""
        self.in_flight += 1
        self.max_in_flight = max(self.max_in_flight, self.in_flight)

    def end(self) -> None:
        """Note that an answer left."""
        self.in_flight -= 1

    def reset(self) -> None:
        """Forget everything but the requests in flight."""
        for counter in (self.calls, self.points, self.refused, self.points_per_site):
            counter.clear()
        self.max_in_flight = self.in_flight
        self.cpu_before = self.cpu_clock()
        self.log.clear()

    def as_json(self) -> dict[str, object]:
        """Return the ledger as the admin endpoint shows it."""
        return {
            "calls": dict(self.calls),
            "points": dict(self.points),
            "points_per_site": dict(self.points_per_site),
            "refused": {str(status): n for status, n in self.refused.items()},
            "total_calls": self.total_calls,
            "total_points": self.total_points,
            "in_flight": self.in_flight,
            "max_in_flight": self.max_in_flight,
            "cpu_seconds": round(self.cpu_seconds, 3),
        }
