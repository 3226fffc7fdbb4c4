from casb_sdk import Severity
from connector.domain.policy import DetectorPolicy
from connector.domain.reading import Spending

MORNING = Spending(3, 9, 1, {"grants": 3}, {"grants": 9})
NOON = Spending(5, 12, 1, {"grants": 3, "group": 2}, {"grants": 9, "group": 3})


def test_what_was_spent_since_is_what_was_added() -> None:
    since = NOON - MORNING

    assert since == Spending(2, 3, 0, {"group": 2}, {"group": 3})
    assert MORNING + since == NOON


def test_nothing_was_spent_since_the_same_moment() -> None:
    assert Spending() == NOON - NOON


def test_a_detector_nobody_spoke_of_runs() -> None:
    policy = DetectorPolicy(disabled=frozenset({"resting"}))

    assert policy.enabled({"resting", "new"}) == {"new"}


def test_a_severity_nobody_set_is_the_detectors_own() -> None:
    policy = DetectorPolicy(severities={"set": Severity.LOW})

    assert policy.severity("set", Severity.HIGH) is Severity.LOW
    assert policy.severity("other", Severity.HIGH) is Severity.HIGH
