"""How far a scan has come: a bar on a terminal, plain lines elsewhere."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)

from connector.cli.output import messages
from connector.use_cases.scan_run import ScanProgress

SECONDS_BETWEEN_LINES = 2.0
PHASES = {
    "directory": "Reading people, groups and grants",
    "shard": "Reading spaces",
    "site": "Judging the site",
    "done": "Done",
}

Report = Callable[[ScanProgress], None]


@contextmanager
def scan_progress() -> Iterator[Report]:
    """Show progress on stderr while the block runs."""
    if not messages().is_terminal:
        yield PlainLines().report
        return
    columns = (
        SpinnerColumn(),
        TextColumn("[bold]{task.description}"),
        BarColumn(bar_width=30),
        TextColumn("{task.fields[detail]}", style="dim"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=messages(), transient=True) as bars:
        task = bars.add_task("Starting", total=None, detail="")

        def report(now: ScanProgress) -> None:
            bars.update(
                task,
                description=_phase(now),
                completed=now.spaces_done,
                total=now.spaces or None,
                detail=_detail(now),
            )

        yield report


class PlainLines:
    """Prints a line when the phase changes, and every other second.

    A wait for the quota is a phase of its own.
    """

    def __init__(self) -> None:
        self._line = ""
        self._phase = ""
        self._last = 0.0

    def report(self, now: ScanProgress) -> None:
        """Print a line if there is something new and it is time for it."""
        line = f"{_phase(now)}: {_detail(now)}"
        phase = _phase(now)
        is_early = monotonic() - self._last < SECONDS_BETWEEN_LINES
        if line == self._line or (phase == self._phase and is_early):
            return
        self._line, self._phase, self._last = line, phase, monotonic()
        messages().print(line, soft_wrap=True)


def _phase(now: ScanProgress) -> str:
    if now.waiting:
        return f"Waiting for Atlassian's quota until {now.waiting.until:%H:%M} UTC"
    return PHASES.get(now.phase, now.phase)


def _detail(now: ScanProgress) -> str:
    if now.waiting:
        return f"{now.waiting.taken:,} of {now.waiting.points:,} points are spent"
    spaces = f"{now.spaces_done} of {now.spaces} spaces, " if now.spaces else ""
    return f"{spaces}{now.calls:,} calls, {now.points:,} points"
