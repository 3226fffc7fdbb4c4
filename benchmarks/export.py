"""B13: the feed to a file, in time and in memory, on both databases."""

import tempfile
from pathlib import Path
from statistics import median

from cryptography.fernet import Fernet

from benchmarks.child import Run, run
from benchmarks.databases import KINDS
from benchmarks.feeds import new_feed
from benchmarks.figure import Aim, Figure, Outcome
from connector.store.database import Database

MODULE = "feed_sides"
KEY = Fernet.generate_key().decode()


def measure(rows: int, rounds: int) -> Outcome:
    """Compare the export with the raw fetch, and the whole feed with a tenth of it."""
    figures: list[Figure] = []
    conditions = []
    for name, opened in KINDS.items():
        with opened() as new, tempfile.TemporaryDirectory() as folder:
            output = Path(folder, "findings.ndjson")
            output.touch()
            whole, tenth = new_feed(new, rows), new_feed(new, rows // 10)
            _run("export", whole, output)  # so that the file has its size
            sides = [
                (_run("raw", whole, output), _run("export", whole, output))
                for _ in range(rounds)
            ]
            small = median(
                _run("export", tenth, output).peak_mib for _ in range(rounds)
            )
            whole.close()
            tenth.close()
        ratio = median(raw.seconds / export.seconds for raw, export in sides)
        large = median(export.peak_mib for _, export in sides)
        figures += _figures(name, rows, ratio, large / small)
        seconds = median(export.seconds for _, export in sides)
        work = median(r.counts["work"] / e.counts["work"] for r, e in sides)
        conditions.append(
            f"{name}: {rows / seconds:,.0f} rows/s, {large:.0f} MiB, "
            f"of processor time {work:.2f} x"
        )
    return Outcome(
        tuple(figures),
        conditions=f"{'; '.join(conditions)}; rows of 2 kB, median of {rounds}",
    )


def _figures(name: str, rows: int, ratio: float, growth: float) -> list[Figure]:
    return [
        Figure(
            "B13",
            f"feed to a file, speed / raw fetch of the same columns, {name}",
            f"{rows:,} rows",
            ratio,
            Aim.AT_LEAST,
            0.5,
            " x",
        ),
        Figure(
            "B13",
            f"feed to a file, peak memory / of a tenth of the feed, {name}",
            f"{rows:,} rows",
            growth,
            Aim.AT_MOST,
            1.2,
            " x",
        ),
    ]


def _run(side: str, database: Database, output: Path) -> Run:
    url = database.engines.reader.url.render_as_string(hide_password=False)
    return run(MODULE, side, str(output), given=f"{url}\n{KEY}")
