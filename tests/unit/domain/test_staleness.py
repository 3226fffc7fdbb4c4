"""A problem that could not be judged waits, and says why and since when."""

from datetime import timedelta

from connector.domain.finding_state import ChangeType, Resolution, Stale, Status
from connector.domain.reading import Fate
from connector.domain.sight import NOT_VISIBLE_FOR, Sight
from tests.unit.domain.findings import DAY, EDIT, MONDAY, Case, on_page

LEAK = on_page()
DETECTOR_FAILED = Sight(failed_detectors=frozenset({EDIT}))
PAGE_HIDDEN = Sight(fates={"P": Fate.NOT_VISIBLE})


def test_a_problem_the_scan_could_not_see_stays_open_and_turns_stale() -> None:
    case = Case()
    case.judge(LEAK)

    [change] = case.judge(sight=DETECTOR_FAILED)

    assert change.type is ChangeType.STALE
    assert change.changed_fields == ("stale",)
    assert change.finding.status is Status.OPEN
    assert change.finding.stale == Stale("detector_failed", MONDAY + DAY)
    assert change.finding.last_seen_at == MONDAY
    assert change.finding.version == 2


def test_a_problem_that_stays_stale_is_told_once_and_keeps_its_since() -> None:
    case = Case()
    case.judge(LEAK)
    case.judge(sight=DETECTOR_FAILED)

    changes = case.judge(sight=DETECTOR_FAILED)

    assert changes == []
    assert case.only.stale == Stale("detector_failed", MONDAY + DAY)


def test_another_reason_to_be_stale_is_told_and_counts_anew() -> None:
    case = Case()
    case.judge(LEAK)
    case.judge(sight=DETECTOR_FAILED)

    [change] = case.judge(sight=PAGE_HIDDEN)

    assert change.type is ChangeType.STALE
    assert change.finding.stale == Stale("not_visible", MONDAY + 2 * DAY)


def test_a_stale_problem_seen_again_is_no_longer_stale() -> None:
    case = Case()
    case.judge(LEAK)
    case.judge(sight=DETECTOR_FAILED)

    [change] = case.judge(LEAK)

    assert change.type is ChangeType.UNSTALE
    assert change.changed_fields == ("stale",)
    assert change.finding.stale is None
    assert change.finding.version == 3


def test_a_stale_problem_that_turns_out_gone_is_resolved() -> None:
    case = Case()
    case.judge(LEAK)
    case.judge(sight=DETECTOR_FAILED)

    [change] = case.judge()

    assert change.type is ChangeType.RESOLVED
    assert change.finding.stale is None


def test_what_is_not_visible_waits_thirty_days() -> None:
    case = Case()
    case.judge(LEAK)
    case.judge(sight=PAGE_HIDDEN)
    case.now += NOT_VISIBLE_FOR - DAY - timedelta(seconds=1)

    assert case.judge(sight=PAGE_HIDDEN) == []


def test_what_is_not_visible_for_thirty_days_is_resolved_as_such() -> None:
    case = Case()
    case.judge(LEAK)
    case.judge(sight=PAGE_HIDDEN)
    case.now += NOT_VISIBLE_FOR - DAY

    [change] = case.judge(sight=PAGE_HIDDEN)

    assert change.finding.resolution is Resolution.NOT_VISIBLE


def test_thirty_days_of_another_reason_resolve_nothing() -> None:
    case = Case()
    case.judge(LEAK)
    case.judge(sight=DETECTOR_FAILED)
    case.now += 2 * NOT_VISIBLE_FOR

    assert case.judge(sight=DETECTOR_FAILED) == []
