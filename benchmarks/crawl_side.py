"""One full scan of a running cloud's site in this process, for B1, B2, B3 and B6."""

import asyncio
import logging
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from benchmarks.child import report
from benchmarks.sites import POLICY
from casb_sdk import Site
from casb_sdk.registry import load_registry
from connector.atlassian.reader import ConfluenceReader, ReaderOptions, World
from connector.detection.finding_types import finding_types
from connector.detection.runner import DetectorRunner
from connector.domain.installation import Installation, SiteSettings
from connector.domain.points import Budget
from connector.domain.ports import SiteReader
from connector.domain.scan import ScanKind
from connector.store.database import Database
from connector.use_cases.allowance import PortionedAllowance
from connector.use_cases.scan_site import ScanSite
from connector.work.local import LocalEngine

PLENTY = "1000000000/3600"
REFRESHED = "refreshed"


def now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


def main(
    *arguments: str, world: World | None = None, kind: ScanKind = ScanKind.FULL
) -> None:
    """Scan the site into a migrated database; the token comes on standard input.

    The arguments are the path of the database, the address of the cloud, the id and
    the address of the site, how many requests may be in flight, and how many points
    there are in how many seconds, such as 1000/10.
    """
    path, api_url, cloud_id, site_url, in_flight, *quota = arguments
    token, scopes = sys.stdin.readline().split(maxsplit=1)
    installation = Installation(
        "bench",
        Site(cloud_id, site_url),
        "bench",
        scopes=frozenset(scopes.split()),
        settings=SiteSettings(internal_domains=POLICY.internal_domains),
    )

    async def bearer(*, refresh: bool = False) -> str:
        del refresh
        return token

    points, _, seconds = (*quota, PLENTY)[0].partition("/")
    hour = timedelta(seconds=float(seconds))
    budget = Budget(int(points), reserve=0.0, hour=hour)

    def open_reader(installation: Installation) -> SiteReader:
        options = ReaderOptions(
            concurrency=int(in_flight),
            granted=installation.scopes,
            waits_for_quota=True,
            allowance=PortionedAllowance(database.begin, budget, cloud_id, time.time),
        )
        return ConfluenceReader.open(api_url, installation.site, bearer, options, world)

    database = Database.open(f"sqlite:///{path}")
    registry = load_registry()
    scan = ScanSite(
        database.begin,
        open_reader,
        DetectorRunner(registry, now, logging.getLogger("bench")),
        finding_types(registry),
        LocalEngine(database.begin, now),
        now,
    )
    report(lambda: _counts(scan, installation, kind))


def _counts(
    scan: ScanSite, installation: Installation, kind: ScanKind
) -> Mapping[str, float]:
    done = asyncio.run(scan(installation, kind=kind))
    return {
        "items": done.items,
        "spaces": done.spaces,
        "calls": done.spending.calls,
        "points": done.spending.points,
        "gaps": len(done.coverage.gaps),
        "findings": sum(done.open_findings.values()),
        "changes": sum(done.changes.values()) - done.changes.get(REFRESHED, 0),
        **{f"calls of {name}": n for name, n in done.spending.calls_of.items()},
        **{f"points of {name}": n for name, n in done.spending.points_of.items()},
    }


if __name__ == "__main__":
    main(*sys.argv[1:])
