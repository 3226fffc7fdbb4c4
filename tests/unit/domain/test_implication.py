"""Which findings the stronger one implies, and each way it must not (1.7)."""

from dataclasses import replace

import pytest

from casb_sdk import (
    Audience,
    Context,
    Coverage,
    Exposure,
    Finding,
    Gap,
    GapKind,
    Level,
    People,
    SpaceAccess,
)
from casb_sdk.exposure import Reach
from casb_sdk.registry import load_registry
from casb_sdk.testing import SiteBuilder
from connector.detection.finding_types import finding_types
from connector.domain.finding_state import (
    ChangeType,
    Status,
    finding_id_of,
)
from connector.domain.implication import implied_by
from connector.domain.sight import Sight
from tests.unit.domain.findings import (
    EDIT,
    MONDAY,
    SPACE_EDIT,
    TYPES,
    VIEW,
    Case,
    on_page,
    on_space,
    somebody,
    type_,
    via_group,
)

REGISTRY = load_registry()
REAL_TYPES = finding_types(REGISTRY)
GUS, EVE = somebody("gus"), somebody("eve")
ALL_PAGES = [1, 2, 3]
FEW_PAGES = [4]


def reaching(finding: Finding, *reaches: Reach) -> Finding:
    """Return a finding with what its principals reach; lists stand for profiles."""
    exposure = Exposure(
        finding.resource, finding.principals, finding.level, reaches=reaches
    )
    return replace(finding, exposure=exposure)


def edit(*reaches: Reach, who: tuple[str, ...] = ("gus",)) -> Finding:
    return reaching(on_page("P", *map(somebody, who), detector=EDIT), *reaches)


def view(*reaches: Reach, who: tuple[str, ...] = ("gus",)) -> Finding:
    return reaching(on_page("P", *map(somebody, who), detector=VIEW), *reaches)


def is_implied(weaker: Finding, *others: Finding) -> bool:
    marks = implied_by([weaker, *others], TYPES, "acme")
    return weaker.fingerprint("acme") in marks


def test_a_view_of_what_somebody_can_edit_is_implied() -> None:
    strong = edit(Reach(("gus",), ALL_PAGES))
    weak = view(Reach(("gus",), ALL_PAGES))

    marks = implied_by([weak, strong], TYPES, "acme")

    assert marks == {
        weak.fingerprint("acme"): finding_id_of(strong.fingerprint("acme"))
    }


def test_the_stronger_one_may_say_more() -> None:
    strong = edit(
        Reach(("gus", "eve"), ALL_PAGES), Reach(("gus",), FEW_PAGES), who=("gus", "eve")
    )

    assert is_implied(view(Reach(("gus",), ALL_PAGES)), strong)


def test_without_the_stronger_one_nothing_is_implied() -> None:
    assert not is_implied(view(Reach(("gus",), ALL_PAGES)))


def test_one_more_viewer_is_not_implied() -> None:
    strong = edit(Reach(("gus",), ALL_PAGES))
    weak = view(Reach(("gus", "eve"), ALL_PAGES), who=("gus", "eve"))

    assert not is_implied(weak, strong)


def test_one_more_page_is_not_implied() -> None:
    strong = edit(Reach(("gus",), ALL_PAGES))
    weak = view(Reach(("gus",), ALL_PAGES), Reach(("gus",), FEW_PAGES))

    assert not is_implied(weak, strong)


def test_the_same_pages_by_somebody_else_do_not_count() -> None:
    strong = edit(
        Reach(("gus",), ALL_PAGES), Reach(("eve",), FEW_PAGES), who=("gus", "eve")
    )
    weak = view(Reach(("gus",), FEW_PAGES))

    assert not is_implied(weak, strong)


def test_another_page_is_not_implied() -> None:
    strong = replace(edit(), resource=on_page("Q").resource)

    assert not is_implied(view(), strong)


def test_another_kind_of_resource_with_the_same_id_is_not_implied() -> None:
    strong = replace(edit(), resource=replace(on_page("P").resource, type="folder"))

    assert not is_implied(view(), strong)


def test_another_detector_does_not_imply() -> None:
    strong = replace(edit(), detector_id=SPACE_EDIT)

    assert not is_implied(view(), strong)


def test_a_weaker_finding_implies_nothing() -> None:
    assert not is_implied(edit(), view())


def test_findings_without_items_are_implied_by_their_principals_alone() -> None:
    types = {SPACE_EDIT: type_(SPACE_EDIT), VIEW: type_(VIEW, SPACE_EDIT)}
    weak, strong = on_space(GUS, detector=VIEW), on_space(GUS, EVE)

    assert implied_by([weak, strong], types, "acme")
    assert not implied_by([on_space(EVE, detector=VIEW), on_space(GUS)], types, "acme")


def test_a_detector_nobody_knows_implies_nothing() -> None:
    assert implied_by([view(), edit()], {}, "acme") == {}


def test_a_detector_that_left_somebody_out_does_no_harm() -> None:
    strong = edit(Reach(("gus", "left-out"), ALL_PAGES))

    assert is_implied(view(Reach(("gus", "left-out"), ALL_PAGES)), strong)


@pytest.mark.parametrize(
    ("site", "pairs"),
    [
        (
            SiteBuilder().guest("gus").space("S").allows("gus", Level.EDIT).page("P"),
            {("external-content-view", "external-content-edit")},
        ),
        (
            SiteBuilder().app("bot").space("S").allows("bot", Level.EDIT).page("P"),
            {("app-content-view", "app-content-edit")},
        ),
        (
            SiteBuilder().space("S").allows(Audience.ANONYMOUS, Level.EDIT).page("P"),
            {("unknown-access", "unknown-space-edit")},
        ),
        (
            SiteBuilder().guest("gus").space("S").allows("gus", Level.VIEW).page("P"),
            set(),
        ),
        (
            # An archived page can be viewed and not edited.
            SiteBuilder()
            .guest("gus")
            .space("S")
            .allows("gus", Level.EDIT)
            .page("P")
            .page("Old", status="archived"),
            set(),
        ),
        (
            # T86: the edit starts at Q and is of its child alone.
            SiteBuilder()
            .guest("gus")
            .group("staff")
            .space("S")
            .allows("gus", Level.EDIT)
            .page("Q")
            .restricted_to("staff", "gus")
            .restricted_to("staff", Level.EDIT)
            .page("P", under="Q"),
            set(),
        ),
    ],
    ids=["3 over 8", "5 over 9", "2 over 10", "view", "archived", "T86"],
)
def test_the_three_pairs_of_the_model(
    site: SiteBuilder, pairs: set[tuple[str, str]]
) -> None:
    findings = found_on(site)
    id_of = {finding_id_of(f.fingerprint("acme")): f.detector_id for f in findings}
    by_key = {f.fingerprint("acme"): f.detector_id for f in findings}

    marks = implied_by(findings, REAL_TYPES, "acme")

    assert {(by_key[weak], id_of[strong]) for weak, strong in marks.items()} == pairs


def test_a_problem_that_is_no_longer_implied_is_told() -> None:
    case = Case()
    case.judge(view(), edit())

    changes = case.judge(view())

    weak = next(c for c in changes if c.finding.type.id == VIEW)
    assert weak.type is ChangeType.UPDATED
    assert weak.changed_fields == ("implied_by",)
    assert weak.finding.implied_by is None


def test_a_principal_that_was_carried_over_is_not_implied_away() -> None:
    case = Case()
    behind_group = somebody("eve", via_group("staff"))
    case.judge(on_page("P", GUS, behind_group, detector=VIEW), edit())

    coverage = Coverage((Gap(GapKind.GROUP, "staff", "403"),))
    case.judge(view(), edit(), sight=Sight(coverage=coverage))

    [weak] = [t for t in case.known.values() if t.type.id == VIEW]
    assert len(weak.finding.principals) == 2
    assert weak.implied_by is None


def test_a_failed_stronger_detector_leaves_the_mark_where_it_was() -> None:
    case = Case()
    case.judge(view(), edit())

    changes = case.judge(view(), sight=Sight(failed_detectors=frozenset({EDIT})))

    assert [c.type for c in changes] == [ChangeType.REFRESHED, ChangeType.STALE]
    assert changes[0].finding.implied_by == changes[1].finding.id


def test_a_failed_stronger_detector_implies_no_new_viewer() -> None:
    case = Case()
    case.judge(view(), edit())

    changes = case.judge(
        view(who=("gus", "eve")), sight=Sight(failed_detectors=frozenset({EDIT}))
    )

    weak = next(c.finding for c in changes if c.finding.type.id == VIEW)
    assert weak.implied_by is None


def test_a_stale_problem_is_not_hidden_behind_one_that_is_resolved() -> None:
    case = Case()
    case.judge(view(), edit())

    case.judge(sight=Sight(failed_detectors=frozenset({VIEW})))

    by_type = {tracked.type.id: tracked for tracked in case.known.values()}
    assert by_type[EDIT].status is Status.RESOLVED
    assert by_type[VIEW].stale is not None
    assert by_type[VIEW].implied_by is None


def test_a_stale_problem_stays_marked_while_the_stronger_one_stands() -> None:
    case = Case()
    case.judge(view(), edit())

    case.judge(edit(), sight=Sight(failed_detectors=frozenset({VIEW})))

    weak = next(t for t in case.known.values() if t.type.id == VIEW)
    assert weak.implied_by is not None


def found_on(site: SiteBuilder) -> list[Finding]:
    """Return what all detectors find on a site, sharing one access model a space."""
    snapshot = site.snapshot()
    people = People.of(snapshot.directory, site.policy)
    context = Context(snapshot.directory.site, MONDAY)
    return [
        finding
        for space in snapshot.spaces
        for access in [SpaceAccess(space, people)]
        for installed in REGISTRY.detectors.values()
        for finding in installed.detector.check_space(access, context)
    ]
