"""Figures beside their targets, as the Markdown table of the README."""

import platform
from collections.abc import Iterable
from os import cpu_count, getloadavg

from benchmarks.figure import Figure, Outcome

COLUMNS = ("id", "workload", "site", "measured", "target", "met")


def machine() -> str:
    """Return one line about the machine and how busy it is."""
    load = getloadavg()[0]
    return (
        f"Python {platform.python_version()} on {platform.machine()}, "
        f"{cpu_count()} cores, load {load:.1f}"
    )


def markdown(outcomes: Iterable[Outcome]) -> str:
    """Return the figures as a Markdown table."""
    lines = [f"| {' | '.join(COLUMNS)} |", f"|{'---|' * len(COLUMNS)}"]
    for outcome in outcomes:
        lines += [
            f"| {' | '.join(_cells(figure, outcome))} |" for figure in outcome.figures
        ]
    return "\n".join(lines)


def _cells(figure: Figure, outcome: Outcome) -> tuple[str, ...]:
    met = "void" if outcome.void else "yes" if figure.is_met else "**no**"
    if not figure.is_run:
        met = "not run"
    return (
        figure.id,
        figure.what,
        figure.site,
        figure.shown,
        figure.aimed,
        met,
    )
