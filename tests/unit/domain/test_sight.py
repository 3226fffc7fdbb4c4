"""Blind is not fixed: each gap that a finding rests on keeps it open (1.9)."""

import pytest

from casb_sdk import Coverage, Finding, Gap, GapKind
from casb_sdk.model import AccessClass
from connector.domain.finding_state import ChangeType, Resolution, Status
from connector.domain.reading import Fate
from connector.domain.sight import Sight, rests_on
from tests.unit.domain.findings import (
    EDIT,
    READ,
    Case,
    on_account,
    on_content,
    on_page,
    on_space,
    somebody,
    step,
    via_class,
    via_group,
    via_role,
)

PAGE = on_page()
CONTENT = on_content()
SPACE = on_space()
ACCOUNT = on_account()
IN_A_CHAIN = on_page("P", chain=[step("P"), step("Q", "group:staff")])
IN_AN_UPDATE_LIST = on_page("P", chain=[step("P", update=["group:staff"])])
THROUGH_GROUP = on_page("P", somebody("gus", via_group("staff")))
SPACE_THROUGH_GROUP = on_space(somebody("gus", via_group("staff")))
LICENSED = on_page("P", somebody("eve", via_class(AccessClass.LICENSED)))
ADMIN = on_space(somebody("eve", via_class(AccessClass.ADMINS)))
IN_A_ROLE = on_page("P", somebody("gus", via_role("editors")))
BOARDS = on_content(sample="")
WITH_A_BOARD = on_page("P", sample=[("page", "P"), ("whiteboard", "W")])


def blind_to(kind: GapKind, id_: str) -> Sight:
    coverage = Coverage((Gap(kind, id_, "403"),))
    return Sight(coverage=coverage, doors=frozenset({"users"}))


@pytest.mark.parametrize(
    ("finding", "kind", "id_", "reason"),
    [
        (PAGE, GapKind.GRANTS, "S", "grants_unreadable"),
        (SPACE, GapKind.GRANTS, "S", "grants_unreadable"),
        (ACCOUNT, GapKind.GRANTS, "S", "grants_unreadable"),
        (ACCOUNT, GapKind.SPACES, "current", "spaces_unreadable"),
        (PAGE, GapKind.CONTENT, "S", "content_unreadable"),
        (CONTENT, GapKind.CONTENT, "S", "content_unreadable"),
        (PAGE, GapKind.CONTENT_TYPE, "page", "content_type_unreadable"),
        (WITH_A_BOARD, GapKind.CONTENT_TYPE, "whiteboard", "content_type_unreadable"),
        (PAGE, GapKind.RESTRICTION, "P", "restriction_unreadable"),
        (IN_A_CHAIN, GapKind.RESTRICTION, "Q", "restriction_unreadable"),
        (THROUGH_GROUP, GapKind.GROUP, "staff", "group_unreadable"),
        (SPACE_THROUGH_GROUP, GapKind.GROUP, "staff", "group_unreadable"),
        (IN_A_CHAIN, GapKind.GROUP, "staff", "group_unreadable"),
        (IN_AN_UPDATE_LIST, GapKind.GROUP, "staff", "group_unreadable"),
        (LICENSED, GapKind.GROUP, "users", "group_unreadable"),
        (ADMIN, GapKind.GROUP, "users", "group_unreadable"),
        (ADMIN, GapKind.GROUPS, "admin", "groups_unreadable"),
        (ACCOUNT, GapKind.GROUP, "users", "group_unreadable"),
        (ACCOUNT, GapKind.GROUPS, "user", "groups_unreadable"),
        (IN_A_ROLE, GapKind.ROLE, "", "role_unreadable"),
        (LICENSED, GapKind.ROLE, "", "role_unreadable"),
        (ADMIN, GapKind.ROLE, "", "role_unreadable"),
        (ACCOUNT, GapKind.ROLE, "", "role_unreadable"),
        (PAGE, GapKind.ACCOUNT, "gus", "account_unreadable"),
        (ACCOUNT, GapKind.ACCOUNT, "gus", "account_unreadable"),
    ],
)
def test_a_gap_under_the_evidence_keeps_a_problem_open(
    finding: Finding, kind: GapKind, id_: str, reason: str
) -> None:
    case = Case()
    case.judge(finding)

    [change] = case.judge(sight=blind_to(kind, id_))

    assert change.type is ChangeType.STALE
    assert change.finding.status is Status.OPEN
    assert change.finding.stale is not None
    assert change.finding.stale.reason == reason


@pytest.mark.parametrize(
    ("finding", "kind", "id_"),
    [
        (SPACE, GapKind.CONTENT, "S"),
        (ACCOUNT, GapKind.CONTENT, "S"),
        (PAGE, GapKind.CONTENT_TYPE, "whiteboard"),
        (SPACE, GapKind.CONTENT_TYPE, "page"),
        (PAGE, GapKind.RESTRICTION, "X"),
        (PAGE, GapKind.GROUP, "staff"),
        (THROUGH_GROUP, GapKind.GROUP, "others"),
        (ACCOUNT, GapKind.GROUP, "staff"),
        (LICENSED, GapKind.GROUPS, ""),
        (PAGE, GapKind.GROUPS, "user"),
        (PAGE, GapKind.ROLE, ""),
        (PAGE, GapKind.ACCOUNT, "somebody-else"),
        (PAGE, GapKind.NOT_VISIBLE, "T"),
    ],
)
def test_a_gap_elsewhere_does_not_keep_a_problem_open(
    finding: Finding, kind: GapKind, id_: str
) -> None:
    case = Case()
    case.judge(finding)

    case.judge(sight=blind_to(kind, id_))

    assert case.only.resolution is Resolution.FIXED


def test_a_detector_that_failed_resolves_nothing() -> None:
    case = Case()
    case.judge(PAGE)

    case.judge(sight=Sight(failed_detectors=frozenset({EDIT})))

    assert case.only.status is Status.OPEN


def test_a_detector_that_failed_stops_no_other() -> None:
    case = Case()
    case.judge(PAGE, SPACE)

    case.judge(sight=Sight(failed_detectors=frozenset({EDIT})))

    statuses = {t.type.id: t.status for t in case.known.values()}
    assert statuses == {
        PAGE.detector_id: Status.OPEN,
        SPACE.detector_id: Status.RESOLVED,
    }


@pytest.mark.parametrize("finding", [PAGE, CONTENT, SPACE])
def test_a_space_nobody_got_to_keeps_its_problems(finding: Finding) -> None:
    case = Case()
    case.judge(finding)

    [change] = case.judge(sight=Sight(unseen="unit_parked"))

    assert change.finding.stale is not None
    assert change.finding.stale.reason == "unit_parked"


def test_a_problem_below_an_unreadable_ancestor_stays() -> None:
    case = Case()
    case.judge(PAGE)

    [change] = case.judge(sight=Sight(unjudged=frozenset({"P"})))

    assert change.finding.stale is not None
    assert change.finding.stale.reason == "ancestor_unreadable"


def test_a_problem_of_the_whole_space_stays_while_a_branch_is_unreadable() -> None:
    case = Case()
    case.judge(CONTENT)

    [change] = case.judge(sight=Sight(unjudged=frozenset({"X"})))

    assert change.type is ChangeType.STALE


@pytest.mark.parametrize(
    ("fate", "reason"),
    [
        (Fate.NOT_VISIBLE, "not_visible"),
        (Fate.UNASKED, "not_asked"),
        (Fate.PRESENT, "not_listed"),
    ],
)
def test_a_page_that_is_missing_but_not_deleted_keeps_its_problem(
    fate: Fate, reason: str
) -> None:
    case = Case()
    case.judge(PAGE)

    [change] = case.judge(sight=Sight(fates={"P": fate}))

    assert change.finding.stale is not None
    assert change.finding.stale.reason == reason


def test_a_space_that_is_missing_but_not_deleted_keeps_its_problems() -> None:
    case = Case()
    case.judge(PAGE, CONTENT, SPACE)

    changes = case.judge(sight=Sight(space_fate=Fate.NOT_VISIBLE))

    reasons = {c.finding.stale.reason for c in changes if c.finding.stale}
    assert len(changes) == 3
    assert reasons == {"not_visible"}


def test_one_page_of_the_sample_that_is_still_there_proves_the_fix() -> None:
    case = Case()
    case.judge(on_content(sample="PQ"))

    case.judge(sight=Sight(fates={"P": Fate.PRESENT}))

    assert case.only.resolution is Resolution.FIXED


def test_a_space_whose_whole_sample_went_out_of_sight_is_not_fixed() -> None:
    case = Case()
    case.judge(on_content(sample="PQ"))
    gone = {"P": Fate.DELETED, "Q": Fate.NOT_VISIBLE}

    [change] = case.judge(sight=Sight(fates=gone))

    assert change.type is ChangeType.STALE


def test_a_space_whose_whole_sample_was_deleted_ends_as_deleted() -> None:
    case = Case()
    case.judge(on_content(sample="PQ"))

    case.judge(sight=Sight(fates=dict.fromkeys("PQ", Fate.DELETED)))

    assert case.only.resolution is Resolution.RESOURCE_DELETED


def test_a_deleted_page_under_a_gap_waits_for_a_scan_that_sees() -> None:
    case = Case()
    case.judge(PAGE)
    coverage = Coverage((Gap(GapKind.GRANTS, "S", "403"),))

    case.judge(sight=Sight(coverage=coverage, fates={"P": Fate.DELETED}))

    assert case.only.status is Status.OPEN


def test_an_account_that_read_an_excluded_space_goes_by_policy() -> None:
    case = Case(space_id="")
    case.judge(on_account(spaces="AB"))

    case.judge(sight=Sight(excluded_spaces=frozenset({"B"})))

    assert case.only.resolution is Resolution.POLICY_CHANGED


def test_a_folder_that_is_never_listed_can_still_be_fixed() -> None:
    folder = on_page("F", sample=[("page", "P")])
    case = Case()
    case.judge(folder)

    case.judge(sight=blind_to(GapKind.CONTENT_TYPE, "folder"))

    assert case.only.resolution is Resolution.FIXED


@pytest.mark.parametrize(
    ("finding", "ids"),
    [
        (PAGE, {"P"}),
        (CONTENT, {"P", "Q"}),
        (SPACE, set()),
        (ACCOUNT, set()),
        (BOARDS, set()),
    ],
)
def test_a_finding_rests_on_its_anchor_or_its_sample(
    finding: Finding, ids: set[str]
) -> None:
    assert rests_on(finding) == ids


def test_a_finding_seen_whole_in_a_partly_blind_scan_is_not_stale() -> None:
    case = Case()
    case.judge(on_page("P", somebody("gus", READ, via_group("staff"))))

    [change] = case.judge(
        on_page("P", somebody("gus", READ)), sight=blind_to(GapKind.GROUP, "staff")
    )

    assert change.type is ChangeType.REFRESHED
