"""Finds the spaces that hold more or less than is known, by counting many at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from casb_sdk import Space
from connector.domain.errors import NotToldError
from connector.domain.forecast import SPACES_PER_COUNT
from connector.domain.ports import SiteReader
from connector.domain.together import together


@dataclass(frozen=True, slots=True)
class CountSpaces:
    """Counts a hundred spaces a call, and halves those whose count differs.

    ``expected`` is how many items each space has by what is known.
    """

    reader: SiteReader
    expected: Mapping[str, int]

    async def differing(self, spaces: Sequence[Space]) -> frozenset[str]:
        """Return the spaces that differ; raises NotToldError without a count."""
        chunks = (
            spaces[start : start + SPACES_PER_COUNT]
            for start in range(0, len(spaces), SPACES_PER_COUNT)
        )
        found = await together(self._look(chunk) for chunk in chunks)
        return frozenset().union(*found)

    async def _look(self, spaces: Sequence[Space]) -> frozenset[str]:
        return await self._narrow(spaces, await self._count(spaces))

    async def _narrow(self, spaces: Sequence[Space], counted: int) -> frozenset[str]:
        """Return those that differ of some spaces that were counted together."""
        if counted == sum(self.expected[space.id] for space in spaces):
            return frozenset()
        if len(spaces) == 1:
            return frozenset({spaces[0].id})
        half = len(spaces) // 2
        first = await self._count(spaces[:half])
        parts = await together(
            [
                self._narrow(spaces[:half], first),
                self._narrow(spaces[half:], counted - first),
            ]
        )
        return frozenset().union(*parts)

    async def _count(self, spaces: Sequence[Space]) -> int:
        counted = await self.reader.count_items(spaces)
        if counted is None:
            raise NotToldError("the site does not say how many items a space has")
        return counted
