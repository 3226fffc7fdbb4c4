"""The sides of B13, each a process: raw, export."""

import sqlite3
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import psycopg

from benchmarks.child import report
from connector.bootstrap.following import in_format
from connector.domain.export_forms import Form, FormatName
from connector.domain.feed import FeedFilter
from connector.export.cursors import SignedCursors
from connector.export.feed_body import feed_body
from connector.export.forms import ExportForms
from connector.store.database import Database
from connector.use_cases.follow_feed import FollowFeed, Told
from connector.use_cases.render_feed import RenderFeed

PUBLIC_URL = "https://casb.bench.example"
SAME_COLUMNS = "SELECT seq, site_id, body FROM changes ORDER BY seq"
ROWS_AT_ONCE = 500
Work = Callable[[], Mapping[str, float]]


def raw(database: Database) -> Work:
    """Fetch the columns that the export reads with the driver alone."""
    url = database.engines.reader.url
    if url.get_backend_name() == "sqlite":
        return lambda: _count(sqlite3.connect(str(url.database)).execute(SAME_COLUMNS))
    return lambda: _fetch(
        url.set(drivername="postgresql").render_as_string(hide_password=False)
    )


def export(database: Database, key: str, output: Path) -> Work:
    """Do what `casb export > output` does.

    The file is written over in place: new pages for it would cost the kernel more
    than all the rest, and say nothing about the export.
    """
    feed = FollowFeed(
        database.begin,
        SignedCursors([key]),
        ExportForms(PUBLIC_URL),
        RenderFeed(database.begin, feed_body),
        PUBLIC_URL,
    )
    return lambda: _write(feed(0, FeedFilter(), Form(with_evidence=True)), output)


def _write(some: Iterator[Told], output: Path) -> Mapping[str, float]:
    count = 0

    def pieces() -> Iterator[bytes]:
        nonlocal count
        for told in some:
            yield from told.texts
            count += told.count

    with output.open("r+b") as file:
        for piece in in_format(FormatName.NDJSON, pieces()):
            file.write(piece)
    return {"rows": count}


def _fetch(url: str) -> Mapping[str, float]:
    with psycopg.connect(url) as connection, connection.cursor("raw") as cursor:
        cursor.itersize = ROWS_AT_ONCE
        return _count(cursor.execute(SAME_COLUMNS))


def _count(rows: Iterator[object]) -> Mapping[str, float]:
    return {"rows": sum(1 for _ in rows)}


def main(side: str, output: str) -> None:
    """Run one side over the database and with the key that standard input names."""
    url, key = sys.stdin.read().split()
    database = Database.open(url, [key])
    with database.begin(write=False):  # The first look at the schema is not timed.
        pass
    work = raw(database) if side == "raw" else export(database, key, Path(output))
    report(lambda: _weighed(work))


def _weighed(work: Work) -> Mapping[str, float]:
    """Return what some work counted and its processor time, which no neighbour has."""
    before = time.process_time()
    counts = work()
    return {**counts, "work": time.process_time() - before}


if __name__ == "__main__":
    main(*sys.argv[1:])
