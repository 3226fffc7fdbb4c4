"""Cases of the access model's table that speak of two scans (T79, T80, T82, T85)."""

from casb_sdk import Audience, Context, Finding, Level
from casb_sdk.registry import load_registry
from casb_sdk.testing import SiteBuilder
from connector.detection.finding_types import finding_types
from connector.domain.finding_state import ChangeType, Resolution
from connector.domain.reading import Fate
from connector.domain.sight import Sight
from tests.unit.domain.findings import MONDAY, Case

REGISTRY = load_registry()


def case() -> Case:
    return Case(types=finding_types(REGISTRY), space_id="1")


def found(site: SiteBuilder, detector_id: str) -> list[Finding]:
    snapshot = site.snapshot()
    context = Context(snapshot.directory.site, MONDAY)
    detector = REGISTRY.detectors[detector_id].detector
    return list(detector.detect(snapshot, site.policy, context))


def open_space() -> SiteBuilder:
    """A space that anybody may edit, with a branch for staff only."""
    return (
        SiteBuilder()
        .group("staff")
        .space("S")
        .allows(Audience.ANONYMOUS, Level.EDIT)
        .page("Secret")
        .restricted_to("staff")
    )


def test_t79_a_page_that_moves_under_a_restricted_parent_is_fixed() -> None:
    site = (
        SiteBuilder().guest("gus").group("staff").space("S").allows("gus", Level.VIEW)
    )
    tracked = case()
    tracked.judge(
        *found(
            site.page("Branch").restricted_to("staff").page("P").restricted_to("gus"),
            "external-content-view",
        )
    )
    moved = (
        SiteBuilder()
        .guest("gus")
        .group("staff")
        .space("S")
        .allows("gus", Level.VIEW)
        .page("Branch")
        .restricted_to("staff")
        .page("P", under="Branch")
        .restricted_to("gus")
    )

    [change] = tracked.judge(*found(moved, "external-content-view"))

    assert change.type is ChangeType.RESOLVED
    assert change.finding.resolution is Resolution.FIXED


def test_t80_a_hundred_and_fifty_pages_are_one_problem_and_two_are_their_own() -> None:
    site = SiteBuilder().guest("gus").space("S").allows("gus", Level.VIEW).pages(150)
    for title in ("A", "B"):
        site.page(title).restricted_to("gus")

    changes = case().judge(*found(site, "external-content-view"))

    places = [
        (finding.resource.type, finding.affected and finding.affected.count)
        for finding in (change.finding.finding for change in changes)
    ]
    assert sorted(places) == [("page", 1), ("page", 1), ("space_content", 150)]


def test_t82_a_space_out_of_sight_resolves_nothing() -> None:
    tracked = case()
    tracked.judge(*found(open_space().page("P"), "unknown-content-edit"))

    [change] = tracked.judge(sight=Sight(space_fate=Fate.NOT_VISIBLE))

    assert change.type is ChangeType.STALE


def test_t85_other_people_on_the_same_page_are_a_change_of_the_same_problem() -> None:
    def shared_with(*names: str) -> SiteBuilder:
        site = SiteBuilder().guest("gus").guest("eve").space("S")
        site.allows("gus", Level.EDIT).allows("eve", Level.EDIT)
        return site.page("P").restricted_to(*names)

    tracked = case()
    [created] = tracked.judge(*found(shared_with("gus"), "external-content-edit"))

    [change] = tracked.judge(*found(shared_with("gus", "eve"), "external-content-edit"))

    assert change.type is ChangeType.UPDATED
    assert change.changed_fields == ("principals",)
    assert change.finding.fingerprint == created.finding.fingerprint
    assert change.finding.evidence_digest != created.finding.evidence_digest
