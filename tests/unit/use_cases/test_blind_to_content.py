"""A scan that could not read some content resolves nothing that rests on it."""

import pytest

from casb_sdk import GapKind, Level
from casb_sdk.model import NodeState
from casb_sdk.testing import SiteBuilder
from connector.domain.finding_state import ChangeType, Resolution, Status
from connector.domain.reading import Fate
from connector.domain.scan import UnitStatus
from tests.fakes.reader import FakeReader, Trouble
from tests.unit.use_cases.scanning import World
from tests.unit.use_cases.sites import leaky, mended

DOCS = leaky().space_id_of("DOCS")
APPS = leaky().space_id_of("APPS")


@pytest.mark.parametrize("pages", [0, 1, 2])
async def test_a_listing_that_breaks_resolves_no_content(
    world: World, pages: int
) -> None:
    await world.scan(leaky())

    report = await world.scan(mended(), Trouble(breaks_after={DOCS: pages}))

    content = [t for t in world.findings if "content" in t.type.id]
    assert {t.status for t in content} == {Status.OPEN}
    assert {t.stale.reason for t in content if t.stale} == {"content_unreadable"}
    assert not report.coverage.is_complete


async def test_a_listing_that_breaks_hides_no_space_finding(world: World) -> None:
    await world.scan(leaky())

    await world.scan(mended(), Trouble(breaks_after={DOCS: 0}))

    on_spaces = world.of("unknown-space-edit") + world.of("app-space-edit")
    assert {t.resolution for t in on_spaces} == {Resolution.FIXED}


async def test_a_type_that_cannot_be_listed_keeps_its_problems(world: World) -> None:
    def site() -> SiteBuilder:
        return SiteBuilder().guest("gus").group("staff").space("S")

    await world.scan(
        site().allows("gus", Level.VIEW).whiteboard("W").restricted_to("gus")
    )

    report = await world.scan(
        site().allows("gus", Level.VIEW).cannot_read(GapKind.CONTENT_TYPE, "whiteboard")
    )

    [tracked] = world.of("external-content-view")
    assert tracked.status is Status.OPEN
    assert report.coverage.ids(GapKind.CONTENT_TYPE) == {"whiteboard"}


async def test_an_unreadable_ancestor_hides_what_is_below(world: World) -> None:
    def site(state: NodeState) -> SiteBuilder:
        return (
            SiteBuilder()
            .guest("gus")
            .space("S")
            .allows("gus", Level.VIEW)
            .ancestor("Q", state)
            .page("P", under="Q")
            .restricted_to("gus")
            .page("Open")
        )

    await world.scan(site(NodeState.ANCESTOR))

    await world.scan(site(NodeState.UNREADABLE))

    on_page = [t for t in world.open if t.finding.resource.type == "page"]
    assert [t.stale.reason for t in on_page if t.stale] == ["ancestor_unreadable"]
    assert world.resolutions == {None}


async def test_nothing_new_is_reported_below_an_unreadable_ancestor(
    world: World,
) -> None:
    site = (
        SiteBuilder()
        .guest("gus")
        .space("S")
        .allows("gus", Level.VIEW)
        .ancestor("Q", NodeState.UNREADABLE)
        .page("P", under="Q")
    )

    await world.scan(site)

    assert world.of("external-content-view") == []


async def test_an_anchor_above_an_unreadable_page_keeps_its_problem(
    world: World,
) -> None:
    """T86: the problem is anchored at Q and rests on its child alone."""

    def site(*, broken: bool) -> SiteBuilder:
        site = (
            SiteBuilder()
            .guest("gus")
            .group("staff")
            .space("S")
            .allows("gus", Level.EDIT)
            .page("Q")
            .restricted_to("staff", "gus")
            .restricted_to("staff", Level.EDIT)
            .page("P", under="Q")
        )
        page = site.id_of("P")
        return site.cannot_read(GapKind.RESTRICTION, page) if broken else site

    await world.scan(site(broken=False))

    await world.scan(site(broken=True))

    [edit] = world.of("external-content-edit")
    assert edit.finding.resource.id == site(broken=False).id_of("Q")
    assert edit.stale is not None


async def test_a_page_out_of_sight_keeps_its_problem(world: World) -> None:
    await world.scan(leaky())
    shared = leaky().id_of("Shared")

    await world.scan(mended(), Trouble(hidden={shared}))

    on_page = [t for t in world.findings if t.finding.resource.id == shared]
    assert {t.status for t in on_page} == {Status.OPEN}
    assert {t.stale.reason for t in on_page if t.stale} == {"not_visible"}


async def test_a_page_nobody_may_ask_about_keeps_its_problem(world: World) -> None:
    site = SiteBuilder().guest("gus").space("S").allows("gus", Level.VIEW)
    await world.scan(site.page("P").restricted_to("gus"))
    page = site.id_of("P")

    await world.scan(
        SiteBuilder().guest("gus").space("S").allows("gus", Level.VIEW),
        Trouble(unasked={page}),
    )

    [tracked] = world.of("external-content-view")
    assert tracked.stale is not None
    assert tracked.stale.reason == "not_asked"


async def test_silence_about_what_is_missing_means_nothing(world: World) -> None:
    class Silent(FakeReader):
        async def content_fates(self, content_ids: object) -> dict[str, Fate]:
            return {}

        async def space_fates(self, space_ids: object) -> dict[str, Fate]:
            return {}

    def site() -> SiteBuilder:
        site = SiteBuilder().guest("gus").space("S").allows("gus", Level.VIEW)
        return site.page("P").restricted_to("gus").space("T").allows("gus", Level.EDIT)

    await world.scan(site())

    emptied = SiteBuilder().guest("gus").space("S").allows("gus", Level.VIEW)
    await world.scan_with(Silent(emptied.snapshot()))

    assert {t.status for t in world.findings} == {Status.OPEN}
    assert world.stale_reasons == {"not_asked", ""}


async def test_a_deleted_page_ends_its_problem_as_deleted(world: World) -> None:
    site = SiteBuilder().guest("gus").space("S").allows("gus", Level.VIEW)
    await world.scan(site.page("P").restricted_to("gus"))

    await world.scan(SiteBuilder().guest("gus").space("S").allows("gus", Level.VIEW))

    [tracked] = world.of("external-content-view")
    assert tracked.resolution is Resolution.RESOURCE_DELETED


async def test_a_page_that_moves_to_another_space_takes_its_problem_along(
    world: World,
) -> None:
    def site(*, moved: bool) -> SiteBuilder:
        site = SiteBuilder().guest("gus")
        for key in "AB":
            site.space(key).allows("gus", Level.VIEW)
        site.space("B" if moved else "A")
        return site.page("P").restricted_to("gus")

    await world.scan(site(moved=False))
    [before] = world.of("external-content-view")

    await world.scan(site(moved=True))

    [after] = world.of("external-content-view")
    assert after.id == before.id
    assert after.first_seen_at == before.first_seen_at
    assert after.space_id == "2"
    assert after.stale is None
    assert ChangeType.CREATED not in world.told


async def test_a_parked_shard_is_a_gap_and_resolves_nothing(world: World) -> None:
    await world.scan(leaky())

    class Broken(FakeReader):
        async def restrictions(self, content_id: str) -> None:  # type: ignore[override]
            raise ValueError("an answer nobody understands")

    reader = Broken(mended().snapshot(), Trouble(cut={leaky().id_of("Board")}))
    report = await world.scan_with(reader)

    assert report.parked == ("shard-0000",)
    assert report.coverage.ids(GapKind.CONTENT) == {DOCS, APPS, "3"}
    content = [t for t in world.findings if t.space_id]
    assert {t.status for t in content} == {Status.OPEN}
    assert {t.stale.reason for t in content if t.stale} == {"unit_parked"}
    with world.begin(write=False) as stores:
        units = stores.ledger.units(report.scan.id)
    assert UnitStatus.PARKED in {unit.status for unit in units}
