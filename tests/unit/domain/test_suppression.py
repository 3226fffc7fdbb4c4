"""What was put aside stays aside, until there is something new about it."""

from dataclasses import replace

import pytest

from casb_sdk import Finding, Level
from connector.domain.finding_state import ChangeType, Resolution, Status
from connector.domain.suppression import Scope, Suppression, bound_to
from connector.domain.triage import OUTGREW_SUPPRESSION
from tests.unit.domain.findings import (
    DAY,
    EDIT,
    MONDAY,
    VIEW,
    Case,
    on_page,
    somebody,
)

LEAK = on_page()


def suppression(
    scope: Scope, target: str, *findings: Finding, days: int | None = None
) -> Suppression:
    """Return a decision taken on Monday about some findings."""
    people, level = bound_to(findings or [LEAK])
    until = None if days is None else MONDAY + days * DAY
    return Suppression(
        "s-1",
        "acme",
        scope,
        target,
        "known and accepted",
        "alice",
        MONDAY,
        level,
        people,
        "S" if scope is Scope.DETECTOR else "",
        until,
    )


def accepted(days: int | None = None) -> Case:
    """Return a case whose one finding was put aside after its first sight."""
    case = Case()
    case.judge(LEAK)
    case.suppressions = [suppression(Scope.FINDING, case.only.id, days=days)]
    case.judge(LEAK)
    return case


def test_an_accepted_finding_is_suppressed_with_reason_and_author() -> None:
    case = Case()
    case.judge(LEAK)
    case.suppressions = [suppression(Scope.FINDING, case.only.id)]

    [change] = case.judge(LEAK)

    assert change.type is ChangeType.SUPPRESSED
    assert change.finding.status is Status.SUPPRESSED
    assert change.finding.aside is not None
    assert change.finding.aside.reason == "known and accepted"
    assert change.changed_fields == ("status", "suppression")


def test_a_suppressed_finding_seen_again_is_no_news() -> None:
    case = accepted()

    [change] = case.judge(LEAK)

    assert change.type is ChangeType.REFRESHED
    assert change.finding.status is Status.SUPPRESSED


def test_a_suppressed_finding_that_is_gone_is_resolved() -> None:
    [change] = accepted().judge()

    assert change.type is ChangeType.RESOLVED
    assert change.finding.aside is None


def test_fixed_while_suppressed_and_back_again_is_suppressed_again() -> None:
    case = accepted()
    case.judge()

    [change] = case.judge(LEAK)

    assert change.type is ChangeType.SUPPRESSED
    assert change.finding.reopened_count == 1
    assert change.finding.resolution is None


@pytest.mark.parametrize(
    "now",
    [
        pytest.param(on_page("P", somebody("gus"), somebody("eve")), id="principal"),
        pytest.param(replace(LEAK, level=Level.ADMIN), id="level"),
    ],
)
def test_more_than_was_accepted_reopens_and_says_why(now: Finding) -> None:
    [change] = accepted().judge(now)

    assert change.type is ChangeType.REOPENED
    assert change.reason == OUTGREW_SUPPRESSION
    assert change.finding.status is Status.OPEN
    assert change.finding.aside is None


def test_less_than_was_accepted_stays_suppressed() -> None:
    case = accepted()

    [change] = case.judge(replace(LEAK, level=Level.VIEW))

    assert change.type is ChangeType.UPDATED
    assert change.finding.status is Status.SUPPRESSED


def test_a_suppression_ends_by_itself() -> None:
    case = accepted(days=3)
    case.now = MONDAY + 3 * DAY

    [change] = case.judge(LEAK)

    assert change.type is ChangeType.UNSUPPRESSED
    assert change.finding.status is Status.OPEN


def test_a_detector_put_aside_on_a_space_hides_what_it_finds_there_next() -> None:
    case = Case()
    case.suppressions = [suppression(Scope.DETECTOR, EDIT)]

    [first] = case.judge(LEAK)
    [_, second] = case.judge(LEAK, on_page("Q"))

    assert (first.type, second.type) == (ChangeType.CREATED, ChangeType.CREATED)
    assert first.finding.status is second.finding.status is Status.SUPPRESSED


@pytest.mark.parametrize(
    ("detector", "space_id"), [(VIEW, "S"), (EDIT, "T")], ids=["detector", "space"]
)
def test_another_detector_or_space_is_not_hidden(detector: str, space_id: str) -> None:
    case = Case(space_id=space_id)
    case.suppressions = [suppression(Scope.DETECTOR, EDIT)]

    [change] = case.judge(on_page(detector=detector))

    assert change.finding.status is Status.OPEN


def test_a_muted_principal_is_taken_out_of_findings() -> None:
    case = Case()
    case.judge(on_page("P", somebody("gus"), somebody("eve", items=4)))
    case.suppressions = [suppression(Scope.PRINCIPAL, "gus")]

    [change] = case.judge(on_page("P", somebody("gus"), somebody("eve", items=4)))

    assert change.type is ChangeType.UPDATED
    assert change.changed_fields == ("principals",)
    assert [p.principal.id for p in change.finding.finding.principals] == ["eve"]


def test_a_finding_about_muted_principals_alone_ends_by_policy() -> None:
    case = Case()
    case.judge(LEAK)
    case.suppressions = [suppression(Scope.PRINCIPAL, "gus")]

    [change] = case.judge(LEAK)

    assert change.type is ChangeType.RESOLVED
    assert change.finding.resolution is Resolution.POLICY_CHANGED


def test_a_muted_principal_with_more_than_was_muted_is_back() -> None:
    case = Case()
    viewer = somebody("gus", level=Level.VIEW)
    reading = replace(on_page("P", viewer), level=Level.VIEW)
    case.suppressions = [suppression(Scope.PRINCIPAL, "gus", reading)]

    assert case.judge(reading) == []
    [change] = case.judge(LEAK)

    assert change.type is ChangeType.CREATED
