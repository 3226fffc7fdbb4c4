"""How spaces are packed into shards."""

from hypothesis import given
from hypothesis import strategies as st

from casb_sdk import Space
from connector.domain.scan import (
    ITEMS_PER_SHARD,
    KEY_CHARACTERS_PER_SHARD,
    MAX_SHARDS,
    SPACES_PER_SHARD,
    plan_shards,
)


def spaces(count: int) -> list[Space]:
    return [Space(str(number), f"K{number}") for number in range(count)]


def test_no_space_needs_no_shard() -> None:
    assert plan_shards([], {}) == ()


def test_few_spaces_are_one_shard() -> None:
    [shard] = plan_shards(spaces(3), {})

    assert sorted(shard) == ["0", "1", "2"]


def test_without_counts_spaces_are_cut_by_number() -> None:
    assert len(plan_shards(spaces(10 * SPACES_PER_SHARD), {})) == 10


def test_with_counts_a_large_space_has_a_shard_of_its_own() -> None:
    counts = {"0": 10 * ITEMS_PER_SHARD} | {str(n): 10 for n in range(1, 30)}

    plan = plan_shards(spaces(30), counts)

    assert ("0",) in plan


def test_there_are_never_too_many_shards() -> None:
    counts = {str(n): 10 * ITEMS_PER_SHARD for n in range(500)}

    assert len(plan_shards(spaces(500), counts)) <= MAX_SHARDS


@given(
    st.lists(st.integers(0, 100_000), max_size=60),
    st.integers(0, 60),
    st.integers(1, 250),
)
def test_every_space_is_in_one_shard(
    weights: list[int], known: int, key_length: int
) -> None:
    all_spaces = [Space(str(n), "K" * key_length) for n in range(len(weights))]
    counts = {str(n): weight for n, weight in enumerate(weights[:known])}

    plan = plan_shards(all_spaces, counts)

    assert sorted(id_ for shard in plan for id_ in shard) == sorted(
        space.id for space in all_spaces
    )
    assert all(plan)
    average = sum(len(s.key) + 3 for s in all_spaces) / max(1, len(plan))
    assert average <= KEY_CHARACTERS_PER_SHARD
