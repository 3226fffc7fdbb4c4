from connector.domain.errors import SettingError
from connector.use_cases.diagnose import (
    Check,
    Diagnose,
    Diagnosis,
    Health,
    failed,
    ok,
    warning,
)


def broken() -> Diagnosis:
    raise SettingError("It is not set.", "Set it.")


def test_a_check_that_fails_stops_no_other() -> None:
    diagnose = Diagnose(
        [
            Check("first", broken),
            Check("second", lambda: ok("fine")),
            Check("third", lambda: warning("odd", "Look.")),
        ]
    )

    assert list(diagnose()) == [
        ("first", failed("It is not set.", "Set it.")),
        ("second", Diagnosis(Health.OK, "fine")),
        ("third", Diagnosis(Health.WARNING, "odd", "Look.")),
    ]
