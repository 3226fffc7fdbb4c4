"""Who owns the work of a deployment that runs it in one process (``CASB_WORK=local``).

The right is the lease of a job that is never done, kept alive by a heartbeat.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from connector.domain.care import Job
from connector.domain.store_ports import Begin
from connector.work.owners import is_dead, owner_name

logger = logging.getLogger(__name__)

OWNING = Job("work", timedelta(0))
BEATS_PER_LEASE = 4
A_MOMENT = 0.2
SERVE = "casb serve"
WORKER = "casb worker"


def named_owner(kind: str) -> str:
    """Return a name that no other process bears and that tells what it is."""
    return f"{owner_name()}:{kind}"


def described(owner: str) -> str:
    """Return an owner as a person knows it."""
    if not owner:
        return ""
    host, _, rest = owner.partition(":")
    return f"{owner.rpartition(':')[2]} (process {rest.partition(':')[0]} on {host})"


@dataclass(frozen=True, slots=True)
class Ownership:
    """The right to do the work, as one process asks for it."""

    begin: Begin
    now: Callable[[], datetime]
    owner: str
    lease: timedelta = timedelta(seconds=20)

    def take(self) -> str:
        """Take the work; returns who has it, which is us if all went well.

        Whoever died on this machine keeps neither it nor a job of it until the lease
        runs out.
        """
        now = self.now()
        with self.begin() as stores:
            stores.jobs.disown(is_dead)
            if stores.jobs.take(OWNING.name, self.owner, now, now + self.lease):
                return self.owner
            runs = stores.jobs.all()
        return next((run.owner for run in runs if run.name == OWNING.name), "")

    def holder(self) -> str:
        """Return who has the work and is alive, as far as that is known here."""
        now = self.now()
        with self.begin(write=False) as stores:
            runs = stores.jobs.all()
        held = (r.owner for r in runs if r.name == OWNING.name and not r.is_free(now))
        return next((owner for owner in held if not is_dead(owner)), "")

    def extend(self) -> bool:
        """Keep the work for another while."""
        with self.begin() as stores:
            return stores.jobs.extend(OWNING.name, self.owner, self.now() + self.lease)

    def release(self) -> None:
        """Leave the work to whoever wants it."""
        now = self.now()
        with self.begin() as stores:
            stores.jobs.done(OWNING.name, self.owner, now, now)

    @contextmanager
    def kept(self, stop: threading.Event) -> Iterator[threading.Event]:
        """Keep what was taken; the event says to stop, or that it was lost."""
        over, ended = threading.Event(), threading.Event()
        heart = threading.Thread(
            target=self._beat, args=(stop, over, ended), daemon=True
        )
        heart.start()
        try:
            yield ended
        finally:
            over.set()
            heart.join()
            self.release()

    def _beat(
        self, stop: threading.Event, over: threading.Event, ended: threading.Event
    ) -> None:
        last = self.now()
        while not over.wait(A_MOMENT):
            if stop.is_set():
                ended.set()
            elif self.now() - last >= self.lease / BEATS_PER_LEASE:
                last = self.now()
                if not self._is_still_ours():
                    ended.set()

    def _is_still_ours(self) -> bool:
        try:
            return self.extend()
        except Exception:
            # Until the lease runs out nobody else takes the work.
            logger.warning("the right to work could not be extended", exc_info=True)
            return True
