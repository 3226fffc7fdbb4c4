"""The bits of a mask are found alike in sparse and in dense masks."""

from hypothesis import given
from hypothesis import strategies as st

from casb_sdk.profiles import bits


@given(st.sets(st.integers(0, 3_000)) | st.sets(st.integers(0, 60)))
def test_the_positions_of_the_bits_come_in_order(positions: set[int]) -> None:
    mask = sum(1 << position for position in positions)

    assert bits(mask) == sorted(positions)
