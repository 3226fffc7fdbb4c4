"""A site is read whole through several hours of a quota, and no call is wasted."""

import asyncio

from casb_sdk import SiteSnapshot
from casb_sdk.cloud import CloudOptions, CloudSite, RunningCloud
from casb_sdk.cloud.generator import generate_site
from casb_sdk.cloud.options import RateHeaders
from connector.atlassian.reader import ReaderOptions
from connector.domain.points import APP, Budget
from connector.domain.store_ports import Begin
from connector.use_cases.allowance import PortionedAllowance
from tests.fakes.stores import begin, database, migrated_file, one_file
from tests.integration.atlassian.sites import Sites
from tests.integration.atlassian.test_faults import assert_whole
from tests.integration.atlassian.whole_site import read_site

__all__ = ["begin", "database", "migrated_file", "one_file"]

WALL = 2_000
REAL_HOUR = 3600.0


def site_of_several_hours() -> SiteSnapshot:
    return generate_site(4, 300, spaces=12, users=200, groups=20)


def walled(sites: Sites, site: SiteSnapshot, **options: object) -> RunningCloud:
    habits = CloudOptions(points_per_hour=WALL, keeps_log=True, **options)  # type: ignore[arg-type]
    return sites.cloud(CloudSite(site), habits)


def drawing_on(begin: Begin, cloud: RunningCloud, points: int) -> ReaderOptions:
    budget = Budget(points, reserve=0.0)
    allowance = PortionedAllowance(begin, budget, "site", cloud.clock.now)
    return ReaderOptions(concurrency=4, waits_for_quota=True, allowance=allowance)


async def test_a_wall_that_is_known_is_never_run_into(
    sites: Sites, begin: Begin
) -> None:
    site = site_of_several_hours()
    cloud = walled(sites, site)
    reader = sites.reader(cloud, options=drawing_on(begin, cloud, WALL))

    found = await read_site(reader)

    assert_whole(found, site)
    assert cloud.ledger.refused[429] == 0
    assert cloud.ledger.total_points > 2 * WALL
    assert reader.spending.points - cloud.ledger.total_points <= reader.spending.retries


async def test_nobody_calls_between_a_refusal_and_the_reset(
    sites: Sites, begin: Begin
) -> None:
    site = site_of_several_hours()
    cloud = walled(sites, site, rate_headers=RateHeaders.NEVER)
    reader = sites.reader(cloud, options=drawing_on(begin, cloud, 10**9))

    found = await read_site(reader)

    assert_whole(found, site)
    refused = [at for at, _, status in cloud.ledger.log if status == 429]
    hours = {int(at // REAL_HOUR) for at in refused}
    assert hours
    assert len(refused) <= 4 * len(hours)


async def test_another_hour_begins_for_two_readers_together(
    sites: Sites, begin: Begin
) -> None:
    site = site_of_several_hours()
    cloud = walled(sites, site)
    readers = [
        sites.reader(cloud, options=drawing_on(begin, cloud, WALL)) for _ in range(2)
    ]

    both = await asyncio.gather(*(read_site(reader) for reader in readers))

    for found in both:
        assert_whole(found, site)
    assert cloud.ledger.refused[429] == 0


async def test_what_is_left_is_given_back_at_the_end(
    sites: Sites, begin: Begin
) -> None:
    site = site_of_several_hours()
    cloud = sites.cloud(CloudSite(site))
    reader = sites.reader(cloud, options=drawing_on(begin, cloud, 10**6))
    await read_site(reader)

    await reader.aclose()

    with begin(write=False) as stores:
        assert stores.points.state(APP).taken == cloud.ledger.total_points
