"""What a scan will cost, before it is known: calls and points, each as a range."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from math import ceil

from connector.domain.reading import Spending

ITEMS_PER_CALL = 200
ROWS_PER_CALL = 250
POINTS_PER_ROW = 2
SPACES_PER_COUNT = 100
POINTS_PER_SIZE = 3
DRIFT = 0.1


@dataclass(frozen=True, slots=True)
class Range:
    """A number nobody knows yet: what it is at least, most likely and at most."""

    least: int
    likely: int
    most: int

    @property
    def all(self) -> tuple[int, int, int]:
        """The three numbers, in this order."""
        return self.least, self.likely, self.most


GRANTS_PER_SPACE = Range(8, 120, 500)
ITEMS_PER_SPACE = Range(10, 100, 1_000)
"""Of spaces nobody has counted the items of: next to nothing is known then."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a scan will cost; a guess is not based on what the same scan cost before.

    ``knows_items`` is false where even the number of items is not known.
    """

    calls: Range
    points: Range
    is_guess: bool = True
    knows_items: bool = True


def as_last_time(spent: Spending) -> Forecast:
    """Return what a scan will cost that is like the last one."""
    return Forecast(_about(spent.calls), _about(spent.points), is_guess=False)


def forecast(
    space_ids: Collection[str], items_of: Mapping[str, int], counted: int | None = None
) -> Forecast:
    """Return what a scan of some spaces will cost.

    ``items_of`` holds the item counts of the last snapshots by space id, and
    ``counted`` how many items the other spaces have together, if that was asked.
    """
    known = sum(items_of.get(space_id, 0) for space_id in space_ids)
    unknown = len(set(space_ids) - items_of.keys())
    if counted is not None:
        known, unknown = known + counted, 0
    least, likely, most = (
        _cost(len(space_ids), known + unknown * each, rows)
        for each, rows in zip(ITEMS_PER_SPACE.all, GRANTS_PER_SPACE.all, strict=True)
    )
    return Forecast(
        Range(least[0], likely[0], most[0]),
        Range(least[1], likely[1], most[1]),
        knows_items=not unknown,
    )


def incremental_forecast(full: Forecast, spaces: int, groups: int) -> Forecast:
    """Return what a first incremental scan will cost, where a full one costs ``full``.

    At least it looks for what changed, counts spaces and asks how large groups are;
    most likely it reads the grants of all spaces too; at most it reads everything.
    """
    least = 1 + ceil(spaces / ROWS_PER_CALL) + ceil(spaces / SPACES_PER_COUNT)
    rows = GRANTS_PER_SPACE.likely
    grants = spaces * ceil(rows / ROWS_PER_CALL)
    points = least + spaces + POINTS_PER_SIZE * groups
    more = grants + POINTS_PER_ROW * rows * spaces
    return Forecast(
        _up_to(least + groups, grants, full.calls.most),
        _up_to(points, more, full.points.most),
        knows_items=full.knows_items,
    )


def _up_to(least: int, more: int, most: int) -> Range:
    return Range(least, least + more, max(least + more, most))


def _cost(spaces: int, items: int, rows: int) -> tuple[int, int]:
    """Return the calls and points for spaces with so many rows of grants each."""
    calls = 1 + spaces * ceil(rows / ROWS_PER_CALL) + ceil(items / ITEMS_PER_CALL)
    return calls, calls + POINTS_PER_ROW * rows * spaces + items


def _about(number: int) -> Range:
    return Range(int(number * (1 - DRIFT)), number, ceil(number * (1 + DRIFT)))
