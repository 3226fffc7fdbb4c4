"""The sides of B10 and B11, each a process: prepare, raw, detect, walk."""

import logging
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.child import report
from benchmarks.sites import POLICY, SIZES
from benchmarks.walk import ROW, TABLE, walk_space
from casb_sdk import People, SpaceSnapshot
from casb_sdk.registry import load_registry
from connector.detection.finding_types import finding_types
from connector.detection.runner import DetectorRunner
from connector.domain.installation import Installation, SiteSettings
from connector.domain.scan import ScanReport, ScanStatus
from connector.store.database import Database
from connector.store.migrate import migrate
from connector.use_cases.detect_stored import DetectStored
from connector.work.collector import calm_collector

Work = Callable[[], Mapping[str, float]]
SETTINGS = SiteSettings(internal_domains=POLICY.internal_domains)


def now() -> datetime:
    """Return the time; the benchmark is not about clocks."""
    return datetime.now(UTC)


def prepare(path: Path, size: str, factor: int) -> Mapping[str, float]:
    """Store the snapshots of a generated site, ``factor`` times its size."""
    site = SIZES[size].site(factor)
    database = Database.open(f"sqlite:///{path}")
    migrate(database)
    cloud_id = site.directory.site.cloud_id
    with database.begin() as stores:
        scan, _ = stores.ledger.start(cloud_id, (), now())
        stores.snapshots.save_directory(cloud_id, scan.id, site.directory)
        for snapshot in site.spaces:
            stores.snapshots.save_space(cloud_id, scan.id, snapshot)
        done = replace(scan, status=ScanStatus.DONE, finished_at=now())
        stores.ledger.finish(ScanReport(done))
        stores.installations.save(
            Installation("bench", site.directory.site, "none", settings=SETTINGS)
        )
    return {"items": sum(len(space.content) for space in site.spaces)}


def raw(database: Database, cloud_id: str) -> Work:
    """Read and decode the stored bytes, nothing else."""
    return lambda: {
        "items": sum(len(s.content) for s in _snapshots(database, cloud_id))
    }


def detect(database: Database, cloud_id: str) -> Work:
    """Go from stored state to stored findings with all installed detectors."""
    registry = load_registry()
    if registry.failures:
        raise RuntimeError(f"not all detectors are there: {registry.failures}")
    types = finding_types(registry)
    runner = DetectorRunner(registry, now, logging.getLogger("bench"))
    installation = _installation(database, cloud_id)
    detect_stored = DetectStored(database.begin, runner, types, now)
    return lambda: {"findings": sum(detect_stored(installation).values())}


def walk(database: Database, cloud_id: str, every: int) -> Work:
    """Answer the questions about content item by item; keep one row an answer.

    Only in each so-manieth space, from the largest to the smallest.
    """
    with database.begin(write=False) as stores:
        directory = stores.snapshots.directory(cloud_id)
        sizes = stores.snapshots.item_counts(cloud_id)
    if directory is None:
        raise LookupError(cloud_id)
    people = People.of(directory, POLICY)
    chosen = sorted(sizes, key=lambda id_: (-sizes[id_], id_))[every // 2 :: every]
    items = sum(sizes[id_] for id_ in chosen)
    return lambda: {
        "answers": _kept_answers(database, cloud_id, people, chosen),
        "items": items,
    }


def _kept_answers(
    database: Database, cloud_id: str, people: People, space_ids: Sequence[str]
) -> int:
    with tempfile.TemporaryDirectory() as folder:
        kept = sqlite3.connect(Path(folder, "answers.db"))
        kept.execute(TABLE)
        with database.begin(write=False) as stores:
            found = (stores.snapshots.space(cloud_id, id_) for id_ in space_ids)
            for snapshot in filter(None, found):
                kept.executemany(ROW, walk_space(snapshot, people))
                kept.commit()
        [count] = kept.execute("SELECT count(*) FROM answers").fetchone()
        kept.close()
    return int(count)


def _installation(database: Database, cloud_id: str) -> Installation:
    with database.begin(write=False) as stores:
        installation = stores.installations.find(cloud_id)
    if installation is None:
        raise LookupError(cloud_id)
    return installation


def _snapshots(database: Database, cloud_id: str) -> Iterator[SpaceSnapshot]:
    with database.begin(write=False) as stores:
        yield from stores.snapshots.spaces(cloud_id)


def main(side: str, path: str, *rest: str) -> None:
    """Run one side as told on the command line; setting up is not timed."""
    if side == "prepare":
        report(lambda: prepare(Path(path), rest[0], int(rest[1])))
        return
    database = Database.open(f"sqlite:///{path}")
    with database.begin(write=False) as stores:
        cloud_id = stores.installations.all()[0].site.cloud_id
    if side == "walk":
        work = walk(database, cloud_id, int(rest[0]))
    else:
        work = {"raw": raw, "detect": detect}[side](database, cloud_id)
    calm_collector()
    report(work)


if __name__ == "__main__":
    main(*sys.argv[1:])
