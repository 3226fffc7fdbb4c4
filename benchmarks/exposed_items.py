"""What our detectors say of content, item by item and person by person, as text.

The word against which the answer of another implementation is held.
"""

import hashlib
import logging
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

from benchmarks.child import report
from benchmarks.detect_sides import SETTINGS, now
from casb_sdk import Finding, People, SpaceAccess
from casb_sdk.registry import load_registry
from connector.detection.runner import DetectorRunner
from connector.store.database import Database


def main(path: str, told: str) -> None:
    """Ask all installed detectors about the stored state and write down the answer."""
    database = Database.open(f"sqlite:///{path}")
    report(lambda: write(database, Path(told)))


def write(database: Database, told: Path) -> Mapping[str, float]:
    """Write one line for the items of a finding that the same people reach."""
    found = sorted(lines(database))
    told.write_text("\n".join(found), "utf-8")
    return {"lines": len(found)}


def lines(database: Database) -> Iterator[str]:
    """Yield the lines of a site, space by space.

    Detector, space, resource, the people, how many items, a digest of these.
    """
    registry = load_registry()
    runner = DetectorRunner(registry, now, logging.getLogger("bench"))
    with database.begin(write=False) as stores:
        cloud_id = stores.installations.all()[0].site.cloud_id
        directory = stores.snapshots.directory(cloud_id)
        if directory is None:
            raise LookupError(cloud_id)
        people = People.of(directory, SETTINGS.audience_policy({}))
        for snapshot in stores.snapshots.spaces(cloud_id):
            space = SpaceAccess(snapshot, people)
            detection = runner.run_space(space, registry.detectors.keys(), {})
            if detection.failures:
                raise RuntimeError(str(detection.failures[0]))
            for finding in detection.findings:
                yield from _lines(snapshot.space.id, finding)


def _lines(space_id: str, finding: Finding) -> Iterator[str]:
    reached: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
    for affected in finding.items:
        reached[affected.account_ids].append(affected.item.id)
    for account_ids, ids in reached.items():
        digest = hashlib.md5(",".join(sorted(ids)).encode(), usedforsecurity=False)
        whose = (finding.detector_id, space_id, finding.resource.id)
        who = ",".join(sorted(account_ids))
        yield "\t".join((*whose, who, str(len(ids)), digest.hexdigest()))


if __name__ == "__main__":
    main(*sys.argv[1:])
