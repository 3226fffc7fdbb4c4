from dataclasses import replace

import pytest

from casb_sdk import AnonymousUse, Audience, Cause, Confidence, Finding, Level, Severity
from connector.domain.finding_state import (
    ChangeType,
    Resolution,
    Status,
    finding_id_of,
)
from connector.domain.policy import DetectorPolicy
from connector.domain.reading import Fate
from connector.domain.sight import Sight
from tests.unit.domain.findings import (
    DAY,
    EDIT,
    MONDAY,
    TYPES,
    Case,
    on_page,
    on_space,
    somebody,
    type_,
)

LEAK = on_page()
DETECTOR_FAILED = Sight(failed_detectors=frozenset({EDIT}))
PAGE_HIDDEN = Sight(fates={"P": Fate.NOT_VISIBLE})


def test_a_new_problem_is_created_open() -> None:
    case = Case()

    [change] = case.judge(LEAK)

    assert change.type is ChangeType.CREATED
    assert change.finding.status is Status.OPEN
    assert change.finding.version == 1
    assert change.finding.first_seen_at == change.finding.last_seen_at == MONDAY
    assert change.finding.space_id == "S"
    assert change.finding.severity is TYPES[EDIT].severity


def test_the_id_of_a_problem_is_derived_from_what_it_is_about() -> None:
    [first], [second] = Case().judge(LEAK), Case(space_id="T").judge(LEAK)

    assert first.finding.id == second.finding.id
    assert first.finding.id == finding_id_of(LEAK.fingerprint("acme"))


def test_a_problem_seen_again_is_refreshed_silently() -> None:
    case = Case()
    case.judge(LEAK)

    [change] = case.judge(LEAK)

    assert change.type is ChangeType.REFRESHED
    assert change.changed_fields == ()
    assert change.finding.version == 1
    assert change.finding.first_seen_at == MONDAY
    assert change.finding.last_seen_at == MONDAY + DAY


def test_drift_of_the_affected_items_is_no_news() -> None:
    case = Case()
    case.judge(LEAK)

    pages = [("page", "P"), ("page", "Q")]
    [change] = case.judge(on_page("P", somebody("gus", items=2), sample=pages))

    assert change.type is ChangeType.REFRESHED
    assert change.finding.finding.affected is not None
    assert change.finding.finding.affected.count == 2


def test_another_name_or_path_is_no_news() -> None:
    case = Case()
    case.judge(LEAK)
    renamed = replace(LEAK, resource=replace(LEAK.resource, title="Renamed"))

    [change] = case.judge(renamed)

    assert change.type is ChangeType.REFRESHED
    assert change.finding.finding.resource.title == "Renamed"


@pytest.mark.parametrize(
    ("now", "field"),
    [
        (on_page("P", somebody("gus"), somebody("eve")), "principals"),
        (on_page("P", somebody("eve")), "principals"),
        (replace(LEAK, level=Level.VIEW), "level"),
        (replace(LEAK, cause=Cause.RESTRICTION), "cause"),
        (replace(LEAK, confidence=Confidence.LOW), "confidence"),
        (replace(LEAK, anonymous_use=AnonymousUse.INTERNET), "exposure"),
    ],
)
def test_a_change_worth_telling_updates_and_names_the_field(
    now: Finding, field: str
) -> None:
    case = Case()
    [created] = case.judge(LEAK)

    [change] = case.judge(now)

    assert change.type is ChangeType.UPDATED
    assert change.changed_fields == (field,)
    assert change.finding.version == 2
    assert change.finding.id == created.finding.id
    assert change.finding.evidence_digest != created.finding.evidence_digest


def test_a_person_in_another_audience_is_another_principal() -> None:
    case = Case()
    case.judge(LEAK)

    [change] = case.judge(on_page("P", somebody(audience=Audience.UNKNOWN)))

    assert change.changed_fields == ("principals",)


def test_the_order_of_the_principals_does_not_matter() -> None:
    case = Case()
    one, two = somebody("gus"), somebody("eve")
    case.judge(on_page("P", one, two))

    [change] = case.judge(on_page("P", two, one))

    assert change.type is ChangeType.REFRESHED


def test_another_severity_has_a_change_of_its_own() -> None:
    case = Case()
    case.judge(LEAK)
    case.policy = DetectorPolicy(severities={EDIT: Severity.LOW})

    [change] = case.judge(LEAK)

    assert change.type is ChangeType.SEVERITY_CHANGED
    assert change.finding.severity is Severity.LOW


def test_a_new_release_of_a_detector_brings_its_words_and_severity() -> None:
    case = Case()
    case.judge(LEAK)
    case.types = {EDIT: type_(EDIT, severity=Severity.CRITICAL)}

    [change] = case.judge(LEAK)

    assert change.type is ChangeType.SEVERITY_CHANGED
    assert change.finding.type.severity is Severity.CRITICAL


def test_a_problem_that_is_gone_is_resolved_as_fixed() -> None:
    case = Case()
    case.judge(LEAK)

    [change] = case.judge()

    assert change.type is ChangeType.RESOLVED
    assert change.finding.status is Status.RESOLVED
    assert change.finding.resolution is Resolution.FIXED
    assert change.finding.resolved_at == MONDAY + DAY
    assert change.finding.last_seen_at == MONDAY
    assert change.finding.version == 2


def test_a_problem_is_resolved_once() -> None:
    case = Case()
    case.judge(LEAK)
    case.judge()

    assert case.judge() == []


def test_what_was_deleted_is_resolved_as_deleted() -> None:
    case = Case()
    case.judge(LEAK)

    [change] = case.judge(sight=Sight(fates={"P": Fate.DELETED}))

    assert change.finding.resolution is Resolution.RESOURCE_DELETED


def test_the_problems_of_a_deleted_space_are_resolved_as_deleted() -> None:
    case = Case()
    case.judge(LEAK, on_space())

    changes = case.judge(sight=Sight(space_fate=Fate.DELETED))

    resolutions = {change.finding.resolution for change in changes}
    assert resolutions == {Resolution.RESOURCE_DELETED}


def test_the_problems_of_a_detector_that_runs_no_more_are_retired() -> None:
    case = Case()
    case.judge(LEAK)

    [change] = case.judge(sight=Sight(retired_detectors=frozenset({EDIT})))

    assert change.finding.resolution is Resolution.DETECTOR_RETIRED


def test_the_problems_of_an_excluded_space_end_by_policy() -> None:
    case = Case()
    case.judge(LEAK, on_space())

    changes = case.judge(sight=Sight(is_excluded=True))

    resolutions = {change.finding.resolution for change in changes}
    assert resolutions == {Resolution.POLICY_CHANGED}


def test_a_person_who_counts_as_internal_now_ends_a_problem_by_policy() -> None:
    case = Case()
    case.judge(LEAK)

    [change] = case.judge(sight=Sight(reclassified=frozenset({"gus"})))

    assert change.finding.resolution is Resolution.POLICY_CHANGED


def test_a_problem_that_comes_back_reopens_and_keeps_its_history() -> None:
    case = Case()
    [created] = case.judge(LEAK)
    case.judge()

    [change] = case.judge(LEAK)

    assert change.type is ChangeType.REOPENED
    assert change.finding.id == created.finding.id
    assert change.finding.status is Status.OPEN
    assert (change.finding.resolution, change.finding.resolved_at) == (None, None)
    assert change.finding.reopened_count == 1
    assert change.finding.first_seen_at == MONDAY
    assert change.finding.version == 3
    assert "status" in change.changed_fields


def test_each_time_a_problem_comes_back_is_counted() -> None:
    case = Case()
    for _ in range(3):
        case.judge(LEAK)
        case.judge()

    assert case.only.reopened_count == 2


def test_a_problem_comes_back_with_the_principals_of_today_only() -> None:
    case = Case()
    case.judge(on_page("P", somebody("gus"), somebody("eve")))
    case.judge()

    [change] = case.judge(on_page("P", somebody("eve")), sight=DETECTOR_FAILED)

    assert [p.principal.id for p in change.finding.finding.principals] == ["eve"]
    assert change.finding.stale is None


def test_a_page_that_moves_takes_its_problem_into_the_other_space() -> None:
    case = Case()
    [created] = case.judge(LEAK)
    case.space_id = "T"

    [change] = case.judge(LEAK)

    assert change.type is ChangeType.UPDATED
    assert change.changed_fields == ("resource",)
    assert change.finding.id == created.finding.id
    assert change.finding.space_id == "T"
    assert change.finding.first_seen_at == MONDAY
