"""The rota: jobs that come back, each done by one process at a time.

A job is leased for as long as it runs. Whoever dies with one loses it when the lease
runs out, or when the next owner of the work finds them dead; whoever loses one stops
at the next step.
"""

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from connector.domain.care import Job, JobRun
from connector.domain.errors import CasbError
from connector.domain.store_ports import Begin
from connector.work.retrying import retry_in, told_of

logger = logging.getLogger(__name__)

BEATS_PER_LEASE = 3

KeepGoing = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Chore:
    """A job and how it is done.

    ``do`` returns a line about what it did, empty if there was nothing to do, and asks
    what it is given whether to go on. ``is_wanted`` is a cheap look that saves taking
    the job for nothing.
    """

    job: Job
    do: Callable[[KeepGoing], str]
    is_wanted: Callable[[], bool] = lambda: True


@dataclass(frozen=True, slots=True)
class Done:
    """What came of a chore; ``error`` is empty if it went well."""

    name: str
    at: datetime
    said: str = ""
    error: str = ""


Tell = Callable[[Done], None]


def keep_quiet(_: Done) -> None:
    """Tell nobody."""


@dataclass(slots=True)
class Rota:
    """One process's part in the jobs; ``tell`` hears of every chore that was done."""

    begin: Begin
    now: Callable[[], datetime]
    owner: str
    chores: Sequence[Chore]
    tell: Tell = keep_quiet
    lease: timedelta = timedelta(seconds=60)
    tick: float = 2.0
    patience: float = 5.0
    _under_way: dict[str, threading.Thread] = field(default_factory=dict)

    def work(self, stop: threading.Event) -> None:
        """Do what is due, side by side, until told to stop; soon after, return."""
        while not stop.is_set():
            try:
                self._start_due(stop)
            except Exception:
                # The database may be away for a while; the worker outlives that.
                logger.warning("the jobs could not be looked at", exc_info=True)
            stop.wait(self.tick)
        for thread in list(self._under_way.values()):
            thread.join(self.patience)

    def run_due(self, stop: threading.Event) -> int:
        """Do what is due, one after another; returns how many jobs that were."""
        count = 0
        for chore in self._due():
            if not stop.is_set() and self._take(chore):
                self._do(chore, stop)
                count += 1
        return count

    def _start_due(self, stop: threading.Event) -> None:
        ended = [name for name, it in self._under_way.items() if not it.is_alive()]
        for name in ended:
            del self._under_way[name]
        for chore in self._due():
            name = chore.job.name
            if name not in self._under_way and self._take(chore):
                thread = threading.Thread(
                    target=self._do, args=(chore, stop), name=name, daemon=True
                )
                self._under_way[name] = thread
                thread.start()

    def _due(self) -> Iterator[Chore]:
        with self.begin(write=False) as stores:
            runs = {run.name: run for run in stores.jobs.all()}
        now = self.now()
        for chore in self.chores:
            run = runs.get(chore.job.name, JobRun(chore.job.name, now))
            if run.is_free(now) and chore.is_wanted():
                yield chore

    def _take(self, chore: Chore) -> bool:
        now = self.now()
        with self.begin() as stores:
            return stores.jobs.take(chore.job.name, self.owner, now, now + self.lease)

    def _do(self, chore: Chore, stop: threading.Event) -> None:
        """Do a chore that is ours; what goes wrong is kept and tried again later."""
        over, lost = threading.Event(), threading.Event()
        heart = threading.Thread(
            target=self._beat, args=(chore.job.name, over, lost), daemon=True
        )
        heart.start()
        said = ""
        error: Exception | None = None
        try:
            said = chore.do(lambda: not (stop.is_set() or lost.is_set()))
        except CasbError as trouble:
            error = trouble
        except Exception as trouble:
            error = trouble
            if not stop.is_set():
                logger.exception("the job %s failed", chore.job.name)
        over.set()
        heart.join()
        self._end(chore, said, error, is_cut_short=stop.is_set())

    def _end(
        self,
        chore: Chore,
        said: str,
        error: Exception | None,
        *,
        is_cut_short: bool,
    ) -> None:
        name, now = chore.job.name, self.now()
        told = told_of(error) if error else ""
        with self.begin() as stores:
            [failures] = [r.failures for r in stores.jobs.all() if r.name == name]
            wait = retry_in(error, failures) if error else chore.job.every
            due_at = now if is_cut_short else now + wait
            stores.jobs.done(name, self.owner, now, due_at, told)
        self.tell(Done(name, now, said, told))

    def _beat(self, name: str, over: threading.Event, lost: threading.Event) -> None:
        """Keep the lease alive while the chore runs."""
        while not over.wait(self.lease.total_seconds() / BEATS_PER_LEASE):
            try:
                with self.begin() as stores:
                    is_ours = stores.jobs.extend(
                        name, self.owner, self.now() + self.lease
                    )
            except Exception:
                logger.warning("the lease of %s stays as it is", name, exc_info=True)
                continue
            if not is_ours:
                lost.set()
                return
