"""Who puts a stronger finding aside still hears of the weaker one (1.7)."""

from dataclasses import replace

import pytest

from casb_sdk import Finding
from connector.domain.finding_state import ChangeType, Status, TrackedFinding
from connector.domain.retriage import retriaged, surfaced
from connector.domain.sight import Sight
from connector.domain.suppression import Scope, Suppression, Suppressions, bound_to
from tests.unit.domain.findings import (
    EDIT,
    MONDAY,
    VIEW,
    Case,
    on_page,
    somebody,
)

STRONG, WEAK = on_page(detector=EDIT), on_page(detector=VIEW)


def aside(tracked: TrackedFinding) -> Suppression:
    """Return a decision to put one finding aside."""
    people, level = bound_to([tracked.finding])
    return Suppression(
        "s-1",
        "acme",
        Scope.FINDING,
        tracked.id,
        "known",
        "alice",
        MONDAY,
        level,
        people,
    )


@pytest.fixture
def case() -> Case:
    case = Case()
    case.judge(WEAK, STRONG)
    assert one(case, VIEW).implied_by == one(case, EDIT).id
    return case


def one(case: Case, detector: str) -> TrackedFinding:
    [tracked] = [t for t in case.known.values() if t.type.id == detector]
    return tracked


def test_a_scan_marks_nothing_for_a_stronger_finding_that_is_put_aside(
    case: Case,
) -> None:
    case.suppressions = [aside(one(case, EDIT))]

    changes = {c.finding.type.id: c for c in case.judge(WEAK, STRONG)}

    assert changes[EDIT].type is ChangeType.SUPPRESSED
    assert changes[VIEW].type is ChangeType.UPDATED
    assert changes[VIEW].changed_fields == ("implied_by",)
    assert one(case, VIEW).implied_by is None


def test_a_scan_marks_again_once_the_stronger_finding_is_back(case: Case) -> None:
    case.suppressions = [aside(one(case, EDIT))]
    case.judge(WEAK, STRONG)
    case.suppressions = []

    case.judge(WEAK, STRONG)

    assert one(case, VIEW).implied_by == one(case, EDIT).id


def test_a_stronger_finding_that_outgrew_its_suppression_implies_again(
    case: Case,
) -> None:
    case.suppressions = [aside(one(case, EDIT))]
    case.judge(WEAK, STRONG)

    case.judge(WEAK, on_page("P", somebody(), somebody("eve"), detector=EDIT))

    assert one(case, EDIT).status is Status.OPEN
    assert one(case, VIEW).implied_by == one(case, EDIT).id


@pytest.mark.parametrize("blind", [EDIT, VIEW])
def test_a_finding_put_aside_implies_nothing_even_where_a_scan_was_blind(
    case: Case, blind: str
) -> None:
    case.suppressions = [aside(one(case, EDIT))]
    case.judge(WEAK, STRONG)
    found = [finding for finding in (WEAK, STRONG) if finding.detector_id != blind]

    case.judge(*found, sight=Sight(failed_detectors=frozenset({blind})))

    assert one(case, VIEW).implied_by is None


def test_putting_the_stronger_finding_aside_shows_the_weaker_at_once(
    case: Case,
) -> None:
    standing = Suppressions((aside(one(case, EDIT)),))
    changes = list(retriaged([one(case, EDIT)], standing, case.now))

    told = {c.finding.type.id: c for c in surfaced(changes, case.known.values())}

    assert told[EDIT].type is ChangeType.SUPPRESSED
    assert told[VIEW].finding.implied_by is None
    assert told[VIEW].finding.version == one(case, VIEW).version + 1


def test_a_weaker_finding_that_changes_too_is_told_in_one_row(case: Case) -> None:
    both = on_page("P", somebody(), somebody("eve"), detector=VIEW)
    case.judge(replace(both, detector_id=EDIT), both)
    weak = one(case, VIEW)
    strong_ended = retriaged([one(case, EDIT)], muted(STRONG, "gus", "eve"), case.now)
    weak_narrowed = retriaged([weak], muted(WEAK, "eve"), case.now)
    changes = [*strong_ended, *weak_narrowed]

    told = [
        c for c in surfaced(changes, case.known.values()) if c.finding.id == weak.id
    ]

    [change] = told
    assert change.changed_fields == ("principals", "implied_by")
    assert change.finding.version == weak.version + 1


def test_a_weaker_finding_that_ends_too_has_no_second_row(case: Case) -> None:
    changes = list(retriaged(case.known.values(), muted(STRONG, "gus"), case.now))

    told = list(surfaced(changes, case.known.values()))

    assert [c.type for c in told] == [ChangeType.RESOLVED] * 2
    assert len({c.finding.id for c in told}) == 2


def muted(finding: Finding, *people: str) -> Suppressions:
    """Return that some people are taken out of all findings."""
    _, level = bound_to([finding])
    return Suppressions(
        tuple(
            Suppression(
                id_, "acme", Scope.PRINCIPAL, id_, "known", "alice", MONDAY, level
            )
            for id_ in people
        )
    )
