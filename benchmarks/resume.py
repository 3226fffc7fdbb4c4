"""B8: a scan that is killed and started again, against one that nobody disturbs."""

import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx
from cryptography.fernet import Fernet

from benchmarks.cloud_process import CloudProcess, cloud_of
from benchmarks.crawl import JITTER, SCOPES
from benchmarks.feed_sides import PUBLIC_URL
from benchmarks.figure import Aim, Figure, Outcome
from benchmarks.sites import SEED, XS, Size
from casb_sdk import Site
from connector.domain.export_forms import Form
from connector.domain.feed import FeedFilter
from connector.domain.installation import Installation
from connector.export.cursors import SignedCursors
from connector.export.feed_body import feed_body
from connector.export.forms import ExportForms
from connector.store.database import Database
from connector.store.migrate import migrate
from connector.use_cases.follow_feed import FollowFeed
from connector.use_cases.render_feed import RenderFeed

LATENCY = 0.05
IN_FLIGHT = 10
KILLED_AT = (0.25, 0.5, 0.75)
LOOK_EVERY = 0.01
KEY = Fernet.generate_key().decode()
INCIDENTAL = frozenset(
    {
        "change_seq",
        "changed_at",
        "event_id",
        "first_seen_at",
        "last_seen_at",
        "scan_id",
    }
)
"""What differs between two scans of one site: numbers, times, and what has them."""

Calls = Sequence[str]
Process = subprocess.Popen[str]


@dataclass(frozen=True, slots=True)
class Story:
    """The calls of a scan, run by run, and the feed it left behind, in no order."""

    runs: tuple[Calls, ...]
    feed: tuple[bytes, ...]

    @property
    def calls(self) -> int:
        """All calls."""
        return sum(map(len, self.runs))

    def repeated(self) -> tuple[int, ...]:
        """Return, for each kill, how many calls before it were made again after it.

        What was made again after two kills is counted at the one that followed it.
        """
        lost = [0] * (len(self.runs) - 1)
        last_in: dict[str, int] = {}
        for number, run in enumerate(self.runs):
            for call in run:
                if last_in.get(call, number) < number:
                    lost[last_in[call]] += 1
                last_in[call] = number
        return tuple(lost)


def measure(size: Size) -> Outcome:
    """Kill a scan of a site three times; on the smallest site it is no measure."""
    small = _both(XS)
    whole, killed = _both(size)
    worst = max(killed.repeated()) / whole.calls
    differing = _differing(whole.feed, killed.feed)
    return Outcome(
        (
            Figure(
                "B8",
                "killed -9: calls made again / calls, the worst of 3",
                size.name,
                worst,
                Aim.AT_MOST,
                0.01,
            ),
            Figure(
                "B8",
                "killed -9: rows of the feed that differ",
                size.name,
                differing,
                Aim.EXACTLY,
                0,
            ),
        ),
        conditions=(
            f"{_told(size, whole, killed)}; {_told(XS, *small)}, "
            f"{_differing(small[0].feed, small[1].feed)} rows differ; at "
            + ", ".join(f"{share:.0%}" for share in KILLED_AT)
            + f" of the calls, N {IN_FLIGHT}, so that up to {IN_FLIGHT} are unanswered "
            f"at each kill; {LATENCY * 1000:.0f} ms with {JITTER:.0%} jitter, "
            f"seed {SEED}"
        ),
    )


def _told(size: Size, whole: Story, killed: Story) -> str:
    again = " + ".join(map(str, killed.repeated()))
    return f"{size.name}: {again} of {whole.calls:,} calls made again"


def _both(size: Size) -> tuple[Story, Story]:
    """Return the story of an undisturbed scan and of one that is killed."""
    with cloud_of(size, LATENCY, JITTER, SCOPES, keeps_log=True) as cloud:
        whole = _scanned(cloud, ())
        kills = [int(share * whole.calls) for share in KILLED_AT]
        return whole, _scanned(cloud, kills)


def _scanned(cloud: CloudProcess, kills: Sequence[int]) -> Story:
    """Scan to the end, killing the process at each of so many calls."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "bench.db")
        database = _database(path, cloud)
        runs: list[Calls] = []
        for calls in kills:
            cloud.reset()
            before = sum(map(len, runs))
            _kill_after(calls - before, _start(path, cloud), cloud)
            runs.append(_calls(cloud))
        cloud.reset()
        _finish(_start(path, cloud))
        runs.append(_calls(cloud))
        feed = tuple(sorted(_feed(database)))
        database.close()
    return Story(tuple(runs), feed)


def _database(path: Path, cloud: CloudProcess) -> Database:
    database = Database.open(f"sqlite:///{path}", [KEY])
    migrate(database)
    with database.begin() as stores:
        site = Site(cloud.cloud_id, cloud.site_url)
        stores.installations.save(Installation("bench", site, "bench"))
    return database


def _start(path: Path, cloud: CloudProcess) -> Process:
    arguments = [str(path), cloud.url, cloud.cloud_id, cloud.site_url, str(IN_FLIGHT)]
    process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
        [sys.executable, "-m", "benchmarks.crawl_side", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[1],
    )
    if process.stdin:
        process.stdin.write(f"{cloud.token} {SCOPES}\n")
        process.stdin.close()
    return process


def _kill_after(calls: int, process: Process, cloud: CloudProcess) -> None:
    """Kill a scan when the cloud has been called so often."""
    with httpx.Client(base_url=cloud.url) as client:
        while client.get("/_cloud/ledger").json()["total_calls"] < calls:
            if process.poll() is not None:
                _finish(process)
                raise RuntimeError("the scan was quicker than the killer")
            time.sleep(LOOK_EVERY)
    process.kill()
    process.wait()


def _finish(process: Process) -> None:
    trouble = process.stderr.read() if process.stderr else ""
    if process.wait():
        raise RuntimeError(f"the scan failed:\n{trouble[-4000:]}")


def _calls(cloud: CloudProcess) -> Calls:
    return [call for _, call, _ in cloud.log()]


def _feed(database: Database) -> Iterator[bytes]:
    """Yield the rows that `casb export` writes, without what is incidental."""
    follow = FollowFeed(
        database.begin,
        SignedCursors([KEY]),
        ExportForms(PUBLIC_URL),
        RenderFeed(database.begin, feed_body),
        PUBLIC_URL,
    )
    for told in follow(0, FeedFilter(), Form(with_evidence=True)):
        for line in b"".join(told.texts).splitlines():
            row = json.loads(line)
            kept = {name: row[name] for name in row.keys() - INCIDENTAL}
            yield json.dumps(kept, sort_keys=True).encode()


def _differing(one: Sequence[bytes], other: Sequence[bytes]) -> int:
    """Count the rows that only one of two feeds has."""
    left, right = Counter(one), Counter(other)
    return (left - right).total() + (right - left).total()
