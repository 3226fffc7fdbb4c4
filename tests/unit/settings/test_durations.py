from datetime import timedelta

import pytest

from connector.domain.durations import duration_of


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("15m", 900), ("24h", 86_400), ("7d", 604_800), (" 2W ", 1_209_600)],
)
def test_a_duration_is_a_number_with_a_letter(text: str, seconds: int) -> None:
    assert duration_of(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "text", ["", "24", "h", "-1h", "0h", "1.5h", "9999999d", "\u0661h", "1h30m"]
)
def test_anything_else_is_none(text: str) -> None:
    with pytest.raises(ValueError, match=r"duration|bounds"):
        duration_of(text)
