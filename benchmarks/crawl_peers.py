"""B4: other tools beside a full scan: one site, one cloud, one run."""

import re
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import nan
from pathlib import Path
from statistics import median

from benchmarks.child import Run, run
from benchmarks.cloud_process import CloudProcess, cloud_of
from benchmarks.crawl import SCOPES
from benchmarks.figure import Aim, Figure, Outcome
from benchmarks.sites import SEED, XS
from connector.store.database import Database
from connector.store.migrate import migrate

LATENCY = 0.05
IN_FLIGHT = 10
ENVIRONMENTS = Path(sys.prefix) / "peers"
PINS = Path(__file__).with_name("peers")
MISSING = "make peers"


@dataclass(frozen=True, slots=True)
class Peer:
    """A tool that reads a site, and how many times our time it is expected to take.

    ``name`` is that of its environment, its pins and its module; ``pinned`` are the
    packages that make it what it is.
    """

    name: str
    what: str
    pinned: tuple[str, ...]
    target: float

    @property
    def python(self) -> Path:
        """The interpreter of its environment."""
        return ENVIRONMENTS / self.name / "bin" / "python"

    @property
    def versions(self) -> str:
        """Its packages with their versions."""
        text = (PINS / f"{self.name}.txt").read_text("utf-8")
        found = (
            re.search(rf"^{name}==(\S+)", text, re.MULTILINE) for name in self.pinned
        )
        pairs = zip(self.pinned, found, strict=True)
        return ", ".join(f"{name} {match[1]}" for name, match in pairs if match)


PEERS = (
    Peer("script", "audit script", ("atlassian-python-api",), 50),
    Peer(
        "unstructured",
        "unstructured-ingest, index",
        ("unstructured-ingest", "atlassian-python-api"),
        50,
    ),
    Peer("airbyte", "Airbyte", ("airbyte-source-confluence", "airbyte-cdk"), 4),
)
WIDER = f"{SCOPES} read:audit-log:confluence"
"""What the token of all is good for; we are told of less, and use less."""


OURS = ("spaces", "items", "findings")
"""What a full scan read and made of it; it counts more."""

UNREAD = frozenset({"cpu", "work"})


@dataclass(frozen=True, slots=True)
class Read:
    """How one tool read the site."""

    run: Run
    calls: int
    points: int
    is_peer: bool = False

    @property
    def told(self) -> str:
        """What it read, in how many calls and for how many points."""
        read = ", ".join(
            f"{count:,.0f} {name.replace('_', ' ')}"
            for name, count in self.run.counts.items()
            if name in OURS or (self.is_peer and name not in UNREAD)
        )
        return (
            f"{self.run.seconds:.2f} s, {self.calls:,} calls, "
            f"{self.points:,} points: {read}"
        )


def measure(rounds: int) -> Outcome:
    """Let each tool read the site once, and scan it between them.

    The listings Atlassian removed are there: some peers know no others.
    """
    peers: dict[str, Read] = {}
    scans: list[Read] = []
    with cloud_of(XS, LATENCY, 0.0, WIDER, legacy_listings=True) as cloud:
        _scanned(cloud)  # so that the cloud has rendered its answers
        for peer in PEERS:
            scans += [_scanned(cloud) for _ in range(rounds)]
            if peer.python.exists():
                peers[peer.name] = _read(peer, cloud)
        scans.append(_scanned(cloud))
    ours = sorted(scans, key=lambda scan: scan.run.seconds)[len(scans) // 2]
    return Outcome(
        tuple(_figure(peer, peers, scans) for peer in PEERS),
        conditions=(
            f"{LATENCY * 1000:.0f} ms, N {IN_FLIGHT}, seed {SEED}, median of "
            f"{len(scans)} scans, each peer once; we, judged and stored: {ours.told}"
            + "".join(_told(peer, peers, ours) for peer in PEERS)
        ),
    )


def _figure(peer: Peer, peers: Mapping[str, Read], scans: Sequence[Read]) -> Figure:
    is_there = peer.name in peers
    seconds = median(scan.run.seconds for scan in scans)
    ratio = peers[peer.name].run.seconds / seconds if is_there else nan
    what = f"{peer.what}: wall / that of a full scan"
    note = "" if is_there else MISSING
    return Figure("B4", what, XS.name, ratio, Aim.AT_LEAST, peer.target, " x", note)


def _told(peer: Peer, peers: Mapping[str, Read], ours: Read) -> str:
    if peer.name not in peers:
        return ""
    read = peers[peer.name]
    return (
        f"; {peer.what} ({peer.versions}), {read.calls / ours.calls:.1f} x our calls, "
        f"{read.points / ours.points:.1f} x our points: {read.told}"
    )


def _read(peer: Peer, cloud: CloudProcess) -> Read:
    cloud.reset()
    address = f"{cloud.url}/ex/confluence/{cloud.cloud_id}/wiki"
    given = f"{address} {cloud.token}\n"
    done = run(f"peers.{peer.name}", given=given, python=str(peer.python))
    return replace(_counted(done, cloud), is_peer=True)


def _scanned(cloud: CloudProcess) -> Read:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "bench.db")
        database = Database.open(f"sqlite:///{path}")
        migrate(database)
        database.close()
        arguments = [str(path), cloud.url, cloud.cloud_id, cloud.site_url]
        cloud.reset()
        done = run(
            "crawl_side",
            *arguments,
            str(IN_FLIGHT),
            given=f"{cloud.token} {SCOPES}\n",
        )
        return _counted(done, cloud)


def _counted(done: Run, cloud: CloudProcess) -> Read:
    ledger = cloud.ledger()
    return Read(done, int(ledger["total_calls"]), int(ledger["total_points"]))
