"""What goes because of a setting is no fix; what Confluence denies is no problem."""

from collections.abc import Collection

from casb_sdk import Level, Severity, SiteAccess, SpaceAccess
from casb_sdk.testing import SiteBuilder
from connector.detection.runner import DetectorRunner, Settings
from connector.domain.detection import Detection, DetectorFailure
from connector.domain.finding_state import ChangeType, Resolution, Status
from connector.domain.policy import DetectorPolicy
from connector.domain.reading import Verdict
from connector.use_cases.finish_scan import MOST_NOTES
from tests.fakes.reader import Trouble
from tests.unit.use_cases.scanning import World, expected, said
from tests.unit.use_cases.sites import leaky, mended

DOCS = leaky().space_id_of("DOCS")


def outsiders() -> SiteBuilder:
    return (
        SiteBuilder().outsider("olga").space("S").allows("olga", Level.EDIT).page("P")
    )


async def test_an_excluded_space_is_not_read(world: World) -> None:
    world.set(spaces_exclude=frozenset({"DOCS"}))

    report = await world.scan(leaky())

    assert report.spaces == 2
    assert f"grants {DOCS}" not in world.reader.calls
    assert DOCS not in {t.space_id for t in world.open}


async def test_excluding_a_space_ends_its_problems_by_policy(world: World) -> None:
    await world.scan(leaky())
    world.set(spaces_exclude=frozenset({"DOCS"}))

    await world.scan(leaky())

    of_docs = [t for t in world.findings if t.space_id == DOCS]
    assert {t.resolution for t in of_docs} == {Resolution.POLICY_CHANGED}
    with world.begin(write=False) as stores:
        assert DOCS not in stores.snapshots.item_counts("acme")


async def test_leaving_a_space_out_of_those_included_does_the_same(
    world: World,
) -> None:
    await world.scan(leaky())
    world.set(spaces_include=frozenset({"APPS", "STAFF"}))

    await world.scan(leaky())

    of_docs = [t for t in world.findings if t.space_id == DOCS]
    assert {t.resolution for t in of_docs} == {Resolution.POLICY_CHANGED}


async def test_who_only_read_an_excluded_space_goes_by_policy(world: World) -> None:
    await world.scan(leaky())
    world.set(spaces_exclude=frozenset({"DOCS"}))

    await world.scan(leaky())

    [gus] = [t for t in world.findings if t.finding.resource.id == "gus"]
    assert gus.resolution is Resolution.POLICY_CHANGED


async def test_a_space_that_is_included_again_has_its_problems_back(
    world: World,
) -> None:
    await world.scan(leaky())
    world.set(spaces_exclude=frozenset({"DOCS"}))
    await world.scan(leaky())
    world.set(spaces_exclude=frozenset())

    await world.scan(leaky())

    assert said(world.open) == expected(leaky())
    assert set(world.told) == {ChangeType.REOPENED}


async def test_a_domain_that_becomes_internal_ends_problems_by_policy(
    world: World,
) -> None:
    await world.scan(outsiders())
    assert world.open
    world.set(internal_domains=frozenset({"acme.example", "partner.example"}))

    await world.scan(outsiders())

    assert {t.resolution for t in world.findings} == {Resolution.POLICY_CHANGED}


async def test_an_account_that_is_said_to_be_internal_ends_problems_by_policy(
    world: World,
) -> None:
    await world.scan(outsiders())
    world.set(internal_ids=frozenset({"olga"}))

    await world.scan(outsiders())

    assert {t.resolution for t in world.findings} == {Resolution.POLICY_CHANGED}


async def test_an_app_that_is_listed_now_ends_problems_by_policy(
    world: World,
) -> None:
    site = SiteBuilder().app("bot").space("S").allows("bot", Level.EDIT).page("P")
    await world.scan(site)
    world.set(atlassian_app_ids=frozenset({"bot"}))

    await world.scan(site)

    assert {t.resolution for t in world.findings} == {Resolution.POLICY_CHANGED}


async def test_a_fix_beside_a_change_of_settings_is_a_fix(world: World) -> None:
    def site(*guests: str) -> SiteBuilder:
        site = outsiders().guest("gus")
        for guest in guests:
            site.allows(guest, Level.VIEW)
        return site

    await world.scan(site("gus"))
    world.set(internal_domains=frozenset({"acme.example", "partner.example"}))

    await world.scan(site())

    [gus] = [t for t in world.findings if t.finding.resource.id == "gus"]
    assert gus.resolution is Resolution.FIXED


async def test_a_scan_of_one_space_does_not_hide_a_change_of_settings(
    world: World,
) -> None:
    site = outsiders().space("T").allows("olga", Level.VIEW).page("Q")
    await world.scan(site)
    world.set(internal_ids=frozenset({"olga"}))
    await world.scan(site, only=frozenset({"S"}))

    await world.scan(site)

    assert {t.resolution for t in world.findings} == {Resolution.POLICY_CHANGED}


async def test_a_detector_that_rests_ends_its_problems_as_retired(
    world: World,
) -> None:
    await world.scan(leaky())
    with world.begin() as stores:
        resting = DetectorPolicy(disabled=frozenset({"unknown-access"}))
        stores.policies.save_policy("acme", resting)

    await world.scan(leaky())

    ends = {t.resolution for t in world.of("unknown-access")}
    assert ends == {Resolution.DETECTOR_RETIRED}


async def test_a_severity_set_for_the_site_is_used_and_told(world: World) -> None:
    await world.scan(leaky())
    with world.begin() as stores:
        lower = DetectorPolicy(severities={"unknown-content-edit": Severity.LOW})
        stores.policies.save_policy("acme", lower)

    await world.scan(leaky())

    assert {t.severity for t in world.of("unknown-content-edit")} == {Severity.LOW}
    assert set(world.told) == {ChangeType.SEVERITY_CHANGED}


async def test_a_detector_that_fails_keeps_its_problems_and_is_named(
    world: World,
) -> None:
    await world.scan(leaky())
    failing = FailingRunner(world.runner)
    world.detectors = failing

    report = await world.scan(mended())

    assert {t.status for t in world.of(failing.id)} == {Status.OPEN}
    assert world.stale_reasons == {"detector_failed", ""}
    assert [line for line in report.detector_failures if failing.id in line]


class FailingRunner:
    """The installed detectors, one of which fails on every space."""

    id = "unknown-space-edit"

    def __init__(self, installed: DetectorRunner) -> None:
        self._installed = installed

    def run_space(
        self, space: SpaceAccess, enabled: Collection[str], config: Settings
    ) -> Detection:
        others = frozenset(enabled) - {self.id}
        detection = self._installed.run_space(space, others, config)
        failure = DetectorFailure(self.id, "a plugin", "1.0", "ValueError: no")
        return Detection(detection.findings, (failure,))

    def run_site(
        self, site: SiteAccess, enabled: Collection[str], config: Settings
    ) -> Detection:
        return self._installed.run_site(site, enabled, config)


async def test_without_verification_nobody_is_asked(world: World) -> None:
    await world.scan(leaky(), Trouble(verdicts={"ghost": Verdict.NO_CONFLUENCE}))

    assert not [call for call in world.reader.calls if call.startswith("verdict")]
    assert said(world.open) == expected(leaky())


async def test_t81b_an_account_that_confluence_calls_dead_is_dropped(
    world: World,
) -> None:
    world.set(verify=True)

    await world.scan(leaky(), Trouble(verdicts={"ghost": Verdict.NO_CONFLUENCE}))

    everybody = {p.principal.id for t in world.open for p in t.finding.principals}
    assert "ghost" not in everybody
    assert {"gus", "olga", "bot", "anonymous"} <= everybody


async def test_t81_where_confluence_disagrees_its_answer_wins(
    world: World,
) -> None:
    world.set(verify=True)
    site = SiteBuilder().guest("gus").guest("kim").space("S")
    for guest in ("gus", "kim"):
        site.allows(guest, Level.EDIT)

    report = await world.scan(site.page("P"), Trouble(verdicts={"gus": Verdict.DENIED}))

    assert {note.partition(" to gus")[0] for note in report.notes} == {
        "model_mismatch: Confluence denies edit",
        "model_mismatch: Confluence denies view",
    }
    assert report.warnings == report.notes
    views = world.of("external-content-view") + world.of("external-content-edit")
    who = {p.principal.id for t in views for p in t.finding.principals}
    assert who == {"kim"}


async def test_a_report_names_the_first_disagreements_and_counts_the_rest(
    world: World,
) -> None:
    world.set(verify=True)
    guests = [f"guest-{number}" for number in range(MOST_NOTES + 5)]
    site = SiteBuilder()
    for guest in guests:
        site.guest(guest)
    site.space("S")
    for guest in guests:
        site.allows(guest, Level.VIEW)

    report = await world.scan(
        site.page("P"), Trouble(verdicts=dict.fromkeys(guests, Verdict.DENIED))
    )

    assert len(report.notes) == MOST_NOTES + 1
    assert report.notes[-1] == "and 5 more like this"


async def test_t81c_a_site_closed_to_the_internet_keeps_anonymous_problems(
    world: World,
) -> None:
    world.set(verify=True)

    await world.scan(leaky(), Trouble(verdicts={"anonymous": Verdict.NO_CONFLUENCE}))

    assert said(world.open) == expected(leaky())


async def test_a_question_without_an_answer_changes_nothing(world: World) -> None:
    world.set(verify=True)
    silence = dict.fromkeys(("ghost", "gus", "olga", "bot"), Verdict.UNANSWERED)

    await world.scan(leaky(), Trouble(verdicts=silence))

    assert said(world.open) == expected(leaky())


async def test_every_principal_of_a_finding_is_asked_about_once(world: World) -> None:
    world.set(verify=True)

    await world.scan(leaky())

    asked = [call for call in world.reader.calls if call.startswith("verdict")]
    assert len(asked) == len(set(asked))
    assert {"verdict ghost"} <= {" ".join(call.split()[:2]) for call in asked}
