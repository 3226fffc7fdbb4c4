"""B14: pages of the feed over HTTP, beside the handler alone and beside nginx."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from statistics import median

from benchmarks import nginx
from benchmarks.child import Run, run
from benchmarks.databases import KINDS
from benchmarks.feed_api import CHANGES, WORKERS, FeedApi
from benchmarks.feeds import new_feed
from benchmarks.figure import Aim, Figure, Outcome

CLIENTS = 8
PAGE, LARGE_PAGE = 500, 5_000
PAGES = 240
"""Asked for by all clients together in a round."""
LARGE_PAGES = 100
SMALL_FEED = 10_000
START = f"{CHANGES}?limit={PAGE}"


@dataclass(frozen=True, slots=True)
class Sides:
    """One round: seconds of the handler alone, and what the servers did.

    ``single`` is what one client alone waited for: the rest is queueing.
    """

    handler: float
    served: Run
    single: Run
    static: Run | None


def measure(rows: int, rounds: int) -> Outcome:
    """Measure pages of a large feed and of a small one, on both databases."""
    figures: list[Figure] = []
    conditions = []
    for name, opened in KINDS.items():
        with opened() as new:
            large, small = (FeedApi(new_feed(new, n)) for n in (rows, SMALL_FEED))
            sides = _rounds(large, rows, rounds)
            figures += _over_http(f"{name}, {rows:,} rows", sides)
            figures += _alone(f"{name}, {rows:,} rows", large, small, rows)
            large.database.close()
            small.database.close()
        conditions.append(f"{name}: {_told(sides)}")
    return Outcome(
        tuple(figures),
        conditions=f"{'; '.join(conditions)}; {CLIENTS} clients, {WORKERS} workers, "
        f"median of {rounds}{'' if nginx.found() else f'; {nginx.INSTALL}'}",
    )


def _told(sides: list[Sides]) -> str:
    speed = PAGES * PAGE / median(side.served.seconds for side in sides)
    single = median(side.single.counts["p99"] for side in sides)
    load = median(side.served.counts["work"] / side.served.seconds for side in sides)
    return (
        f"{speed:,.0f} findings/s, p99 of one client alone {single:.0f} ms, "
        f"the clients themselves {load:.0%} of a core"
    )


def _rounds(api: FeedApi, rows: int, rounds: int) -> list[Sides]:
    """Let the sides take turns, each with as many pages."""
    program = nginx.found()
    with ExitStack() as servers:
        port = servers.enter_context(api.served())
        static = program and servers.enter_context(
            nginx.serving(program, api.page(0, PAGE))
        )
        _load(port, START, api.key, CLIENTS)  # a worker's first answers are slower
        return [
            Sides(
                sum(api.seconds(after, PAGE) for after in _places(rows, PAGES, PAGE)),
                _load(port, START, api.key, CLIENTS),
                _load(port, START, api.key, 1),
                _load(static, nginx.FILE, "", CLIENTS) if static else None,
            )
            for _ in range(rounds)
        ]


def _load(port: int, path: str, key: str, clients: int) -> Run:
    return run("load", str(port), path, str(PAGES), str(clients), given=key)


def _places(rows: int, pages: int, size: int) -> Iterator[int]:
    """Yield places of pages in their order, begun anew at the end of the feed."""
    for page in range(pages):
        yield page * size % (rows - size)


def _over_http(where: str, sides: list[Sides]) -> Iterator[Figure]:
    alone = median(side.handler / side.served.seconds for side in sides)
    p99 = median(side.served.counts["p99"] for side in sides)
    far = [side.static.seconds / side.served.seconds for side in sides if side.static]
    yield _figure("pages of 500, speed / handler alone", where, alone, 0.7)
    yield Figure("B14", "pages of 500, p99", where, p99, Aim.AT_MOST, 40, " ms")
    if far:
        yield _figure("pages of 500, speed / nginx, static", where, median(far), 0.03)


def _alone(where: str, large: FeedApi, small: FeedApi, rows: int) -> Iterator[Figure]:
    turns = [
        (
            large.seconds(0, PAGE),
            small.seconds(0, PAGE),
            large.seconds(rows - PAGE, PAGE),
        )
        for _ in range(LARGE_PAGES)
    ]
    of_small = median(first / small for first, small, _ in turns)
    of_last = median(last / first for first, _, last in turns)
    places = _places(rows, LARGE_PAGES, LARGE_PAGE)
    took = sorted(large.seconds(after, LARGE_PAGE) for after in places)
    for what, value in (
        (f"first page / first page of {SMALL_FEED:,} rows", of_small),
        ("last page / first page", of_last),
    ):
        yield Figure("B14", what, where, value, Aim.AT_MOST, 1.2, " x")
    p99 = took[int(len(took) * 0.99)]
    yield Figure("B14", "a page of 5,000, p99", where, p99, Aim.AT_MOST, 2, " s")


def _figure(what: str, where: str, value: float, target: float) -> Figure:
    return Figure("B14", what, where, value, Aim.AT_LEAST, target, " x")
