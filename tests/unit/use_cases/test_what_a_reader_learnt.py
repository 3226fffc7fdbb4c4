"""What a scan finds out about how a site answers serves the next one."""

from dataclasses import replace

from casb_sdk import Site
from casb_sdk.testing import SiteBuilder
from connector.domain.installation import Installation
from tests.unit.use_cases.scanning import World
from tests.unit.use_cases.sites import leaky


def installed(world: World, site: SiteBuilder) -> Installation:
    where: Site = site.snapshot().directory.site
    installation = Installation("one", where, "grant")
    with world.begin() as stores:
        stores.installations.save(installation)
    return installation


def kept(world: World, installation: Installation) -> Installation | None:
    with world.begin(write=False) as stores:
        return stores.installations.find(installation.site.cloud_id)


async def test_it_is_kept_with_the_time_it_was_learnt(world: World) -> None:
    installation = installed(world, leaky())

    await world.scan(leaky())

    assert kept(world, installation) == replace(
        installation, learnt=world.reader.learnt, learnt_at=world.now
    )


async def test_learning_nothing_new_leaves_its_age_alone(world: World) -> None:
    installation = installed(world, leaky())
    await world.scan(leaky())
    first = kept(world, installation)

    await world.scan(leaky())

    assert kept(world, installation) == first
