"""A measured figure beside its target."""

import math
import operator
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum


class Aim(Enum):
    """Which side of its target a figure should be on."""

    AT_MOST = "<="
    AT_LEAST = ">="
    EXACTLY = "="

    @property
    def holds(self) -> Callable[[float, float], bool]:
        """The comparison itself."""
        return {
            Aim.AT_MOST: operator.le,
            Aim.AT_LEAST: operator.ge,
            Aim.EXACTLY: operator.eq,
        }[self]


@dataclass(frozen=True, slots=True)
class Figure:
    """One row of the table: what was measured, on which site, against which target."""

    id: str
    what: str
    site: str
    value: float
    aim: Aim
    target: float
    unit: str = ""
    note: str = ""

    @property
    def is_run(self) -> bool:
        """Return whether anything was measured; ``note`` says why not."""
        return not math.isnan(self.value)

    @property
    def is_met(self) -> bool:
        """Return whether the figure is on the right side of its target."""
        return self.aim.holds(self.value, self.target)

    @property
    def shown(self) -> str:
        """The value as people read it."""
        if not self.is_run:
            return f"not run: {self.note}"
        return f"{_short(self.value)}{self.unit}"

    @property
    def aimed(self) -> str:
        """The target as people read it."""
        return f"{self.aim.value} {_short(self.target)}{self.unit}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one workload came to: its figures, and why it does not count, if so."""

    figures: tuple[Figure, ...]
    conditions: str = ""
    void: str = ""


def _short(value: float) -> str:
    if value == int(value) and abs(value) < 1e9:
        return f"{int(value):,}"
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"
