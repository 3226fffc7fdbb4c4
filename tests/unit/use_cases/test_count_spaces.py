"""Spaces that hold other than expected are found by halving."""

from collections.abc import Mapping, Sequence

import pytest

from casb_sdk import Space
from connector.domain.errors import NotToldError
from connector.use_cases.count_spaces import CountSpaces
from tests.fakes.reader import FakeReader
from tests.unit.use_cases.sites import leaky

SPACES = [Space(str(n), f"S{n}") for n in range(250)]


class Counter(FakeReader):
    def __init__(self, items: Mapping[str, int] | None) -> None:
        super().__init__(leaky().snapshot())
        self.items_of = items

    async def count_items(self, spaces: Sequence[Space]) -> int | None:
        await self._call("count_items")
        if self.items_of is None:
            return None
        return sum(self.items_of[space.id] for space in spaces)


async def differing(now: Mapping[str, int]) -> tuple[frozenset[str], int]:
    reader = Counter(now)
    count = CountSpaces(reader, {space.id: 10 for space in SPACES})
    return await count.differing(SPACES), len(reader.calls)


async def test_a_hundred_spaces_cost_one_call() -> None:
    assert await differing({s.id: 10 for s in SPACES}) == (frozenset(), 3)


async def test_one_space_that_differs_is_found_in_a_few_calls() -> None:
    found, calls = await differing({s.id: 10 - (s.id == "77") for s in SPACES})

    assert found == {"77"}
    assert calls <= 3 + 7


async def test_spaces_that_make_up_for_each_other_in_one_call_are_not_told_apart() -> (
    None
):
    """It is why an item that moved shows by the space it is in, and the sweep stays."""
    odd = {s.id: 10 + (s.id == "3") - (s.id == "4") for s in SPACES}

    assert (await differing(odd))[0] == frozenset()


async def test_a_site_that_does_not_count_is_not_kept() -> None:
    with pytest.raises(NotToldError):
        await CountSpaces(Counter(None), {}).differing(SPACES)
