from dataclasses import replace

import pytest

from casb_sdk import AnonymousUse, Audience, Level
from casb_sdk.model import NodeState
from casb_sdk.testing import SiteBuilder
from casb_sdk.testing.variants import HOSTILE_NAMES, renamed
from connector.domain.finding_state import ChangeType, Resolution, Status
from connector.domain.scan import ScanStatus
from connector.use_cases.scan_run import ScanProgress
from tests.fakes.reader import Trouble
from tests.unit.use_cases.scanning import World, expected, registry, said
from tests.unit.use_cases.sites import leaky, mended

HALF_A_PAIR = "half \ud800 a pair"


async def test_a_scan_finds_what_the_model_finds(world: World) -> None:
    report = await world.scan(leaky())

    assert {each.type.id for each in world.open} == set(registry().detectors)
    assert said(world.open) == expected(leaky())
    assert report.scan.status is ScanStatus.DONE
    assert report.spaces == 3
    assert report.items == 9
    assert report.changes == {"created": len(world.open)}
    counted = sum(report.open_findings.values()) + report.implied_findings
    assert counted == len(world.open)
    assert report.coverage.is_complete
    assert world.reader.is_closed


async def test_the_size_of_the_pages_does_not_matter(world: World) -> None:
    for page_size in (1, 3, 100):
        await world.scan(leaky(), page_size=page_size)

        assert said(world.open) == expected(leaky())


async def test_a_second_scan_changes_nothing(world: World) -> None:
    await world.scan(leaky())

    report = await world.scan(leaky())

    assert world.told == []
    assert report.changes == {"refreshed": len(world.open)}


async def test_mending_the_site_resolves_its_problems_as_fixed(world: World) -> None:
    await world.scan(leaky())

    await world.scan(mended())

    # Olga's licence lets her into the site whatever the spaces grant.
    [tracked] = world.open
    assert tracked.finding.resource.id == "olga"
    assert world.resolutions == {Resolution.FIXED, None}


async def test_what_breaks_again_reopens(world: World) -> None:
    await world.scan(leaky())
    await world.scan(mended())

    await world.scan(leaky())

    assert said(world.open) == expected(leaky())
    assert set(world.told) == {ChangeType.REOPENED}


async def test_a_site_without_a_space_has_nothing_to_report(world: World) -> None:
    report = await world.scan(SiteBuilder())

    assert report.spaces == 0
    assert world.findings == []


async def test_a_space_without_a_page_is_judged_by_its_grants(world: World) -> None:
    site = SiteBuilder().guest("gus").space("EMPTY").allows("gus", Level.EDIT)

    report = await world.scan(site)

    assert report.spaces == 1
    assert said(world.open) == expected(site)
    assert {each.type.id for each in world.open} == {
        "external-access",
        "external-space-edit",
    }


@pytest.mark.parametrize("name", [*HOSTILE_NAMES, HALF_A_PAIR])
async def test_hostile_names_change_no_finding(world: World, name: str) -> None:
    await world.scan(renamed(leaky().snapshot(), name))

    assert said(world.open) == expected(leaky())


async def test_ancestors_and_cut_lists_are_read_one_by_one(world: World) -> None:
    site = (
        SiteBuilder()
        .guest("gus")
        .group("staff")
        .space("S")
        .allows("gus", Level.VIEW)
        .ancestor("Folder", NodeState.ANCESTOR)
        .restricted_to("staff")
        .page("Hidden", under="Folder")
        .page("Long list")
        .restricted_to("gus")
    )
    long_list = site.id_of("Long list")

    await world.scan(site, Trouble(cut={long_list}))

    asked = [call for call in world.reader.calls if call.startswith("restrictions")]
    assert sorted(asked) == sorted(
        f"restrictions {id_}" for id_ in (long_list, site.id_of("Folder"))
    )
    assert said(world.open) == expected(site)


async def test_t77_an_ancestor_that_is_not_found_is_skipped(world: World) -> None:
    site = (
        SiteBuilder()
        .guest("gus")
        .space("S")
        .allows("gus", Level.VIEW)
        .ancestor("Gone", NodeState.MISSING)
        .page("P", under="Gone")
    )

    await world.scan(site)

    [tracked] = world.of("external-content-view")
    assert tracked.finding.confidence_reasons == ("skipped_ancestor",)


async def test_every_group_and_account_is_asked_for_once(world: World) -> None:
    await world.scan(leaky())

    assert len(world.reader.calls) == len(set(world.reader.calls))
    looked_up = [
        id_
        for call in world.reader.calls
        if call.startswith("accounts ")
        for id_ in call.split()[1:]
    ]
    assert sorted(looked_up) == ["bot", "ghost", "gus", "olga"]


async def test_confluence_is_asked_once_what_anonymous_means(world: World) -> None:
    site = leaky().space("MORE").allows(Audience.ANONYMOUS, Level.VIEW).page("P")

    await world.scan(site)

    asked = [call for call in world.reader.calls if call.startswith("anonymous")]
    uses = {t.finding.anonymous_use for t in world.of("unknown-access")}
    assert len(asked) == 1
    assert AnonymousUse.INTERNET in uses


async def test_without_an_anonymous_grant_nobody_asks_about_it(world: World) -> None:
    await world.scan(mended())

    assert not [call for call in world.reader.calls if call.startswith("anonymous")]


async def test_an_empty_space_asks_with_its_homepage(world: World) -> None:
    site = (
        SiteBuilder()
        .anonymous_reaches(AnonymousUse.INTERNET)
        .space("S")
        .allows(Audience.ANONYMOUS, Level.VIEW)
    )
    snapshot = site.snapshot()
    [space] = snapshot.spaces
    space = replace(space, space=replace(space.space, homepage_id="7"))

    await world.scan(replace(snapshot, spaces=(space,)))

    assert "anonymous 7" in world.reader.calls


async def test_t13_a_site_closed_to_the_internet_still_has_the_problem(
    world: World,
) -> None:
    await world.scan(leaky().anonymous_reaches(AnonymousUse.AUTHENTICATED_ANY))

    uses = {t.finding.anonymous_use for t in world.of("unknown-access")}
    assert AnonymousUse.AUTHENTICATED_ANY in uses


async def test_a_scan_of_one_space_leaves_the_others_alone(world: World) -> None:
    await world.scan(leaky())

    report = await world.scan(mended(), only=frozenset({"DOCS"}))

    assert report.spaces == 1
    resolved = {t.finding.resource.space_key for t in world.findings if t.resolution}
    assert resolved == {"DOCS"}
    # Gus may still get in elsewhere: a part of the site does not tell.
    assert "gus" in {t.finding.resource.id for t in world.open}


async def test_a_scan_of_one_space_keeps_what_is_known_of_people(world: World) -> None:
    await world.scan(leaky())

    await world.scan(leaky(), only=frozenset({"STAFF"}))

    with world.begin(write=False) as stores:
        directory = stores.snapshots.directory("acme")
    assert directory is not None
    assert directory.groups["group-partners"].members == {"gus", "olga"}
    assert {"gus", "bot", "ghost"} <= directory.accounts.keys()
    assert world.told == []


async def test_a_full_scan_after_one_of_a_space_resolves_the_rest(
    world: World,
) -> None:
    await world.scan(leaky())
    await world.scan(mended(), only=frozenset({"DOCS"}))

    await world.scan(mended())

    assert [t.finding.resource.id for t in world.open] == ["olga"]


async def test_many_spaces_are_read_in_several_shards(world: World) -> None:
    site = SiteBuilder().guest("gus")
    for number in range(30):
        site.space(f"S{number}").allows("gus", Level.VIEW).page(f"P{number}")

    await world.scan(site)

    shards = {call.split()[1] for call in world.reader.calls if "content " in call}
    assert len(shards) == 3
    assert said(world.open) == expected(site)


async def test_progress_is_told_until_the_end(world: World) -> None:
    told: list[ScanProgress] = []

    report = await world.scan(leaky(), progress=told.append, page_size=1)

    assert told[-1].phase == "done"
    assert told[-1].items == 9
    assert told[-1].spaces_done == told[-1].spaces == 3
    assert told[-1].units_done == told[-1].units == 3
    assert told[-1].calls == report.spending.calls
    assert [p.items for p in told] == sorted(p.items for p in told)


async def test_a_listener_that_fails_does_not_end_the_scan(world: World) -> None:
    def fail(_: ScanProgress) -> None:
        if world.reader.spending.calls < 20:
            raise BrokenPipeError

    report = await world.scan(leaky(), progress=fail)

    assert report.spaces == 3


async def test_findings_know_where_and_when_they_were_found(world: World) -> None:
    await world.scan(leaky())
    first = world.now
    await world.scan(leaky())

    places = {t.type.id: t.space_id for t in world.findings}
    assert places["external-access"] == ""
    assert places["app-space-edit"] == leaky().space_id_of("APPS")
    assert {t.first_seen_at for t in world.findings} == {first}
    assert {t.last_seen_at for t in world.findings} == {world.now}
    assert {t.status for t in world.findings} == {Status.OPEN}
