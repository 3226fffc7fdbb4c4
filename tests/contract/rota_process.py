"""A process with a part in the jobs: ``python -m … URL OWNER LEASE SECONDS``.

Says when it begins a job and when it has ended one, until it is killed or told to
stop by a line on stdin.
"""

import sys
import threading
import time
from datetime import timedelta

from connector.domain.care import Job
from connector.store.database import Database
from connector.work.rota import Chore, KeepGoing, Rota

JOB = Job("sweep", timedelta(milliseconds=20))


def say(word: str) -> None:
    """Tell the test what happens here, and when."""
    sys.stdout.write(f"{word} {time.time():.6f}\n")
    sys.stdout.flush()


def main(url: str, owner: str, lease: float, seconds: float) -> None:
    """Do the job again and again."""
    database, stop = Database.open(url), threading.Event()

    def do(keep_going: KeepGoing) -> str:
        say("begun")
        until = time.monotonic() + seconds
        while time.monotonic() < until and keep_going():
            time.sleep(0.005)
        say("ended")
        return ""

    def wait_for_the_end() -> None:
        sys.stdin.readline()
        stop.set()

    with database.begin() as stores:
        stores.jobs.plan([JOB], database.now())
    threading.Thread(target=wait_for_the_end, daemon=True).start()
    rota = Rota(
        database.begin,
        database.now,
        owner,
        [Chore(JOB, do)],
        lease=timedelta(seconds=lease),
        tick=0.01,
    )
    say("ready")
    rota.work(stop)
    database.close()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]), float(sys.argv[4]))
