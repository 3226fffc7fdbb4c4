"""What a program of DuckDB alone does: tables of the stored state, findings by SQL.

Python inflates the snapshots and hands them over as they are: numbers as arrays, texts
and JSON as texts. All else is the SQL beside this module, on one thread.
"""

import sqlite3
import sys
import zlib
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.child import report

PARTS = ("people", "spaces", "access", "findings")
SQL = tuple(
    Path(__file__).with_name(f"duckdb_{part}.sql").read_text("utf-8") for part in PARTS
)
NUMBER = "<i8"
TEXT = "object"

Columns = Mapping[str, Any]


def main(state: str, findings: str, policy: str, told: str) -> None:
    """Go from the state to a database of findings, and tell what it found.

    ``policy`` are the domains of the organisation, with commas between them.
    """
    numpy, duckdb = import_module("numpy"), import_module("duckdb")
    stored = sqlite3.connect(f"file:{state}?mode=ro", uri=True)
    database = duckdb.connect(config={"threads": 1})
    database.execute(f"ATTACH '{findings}' AS findings")

    def work() -> Mapping[str, float]:
        domains = numpy.array(policy.split(","), TEXT)
        database.register("internal_domain", {"domain": domains})
        for name, columns in tables(stored, numpy).items():
            database.register(name, columns)
        for part in SQL:
            database.execute(part)
        database.execute("CHECKPOINT findings")
        return {
            table: database.table(f"findings.{table}").shape[0]
            for table in ("finding", "exposed_item")
        }

    report(work)
    Path(told).write_text("\n".join(answers(database)), "utf-8")


def tables(stored: sqlite3.Connection, numpy: Any) -> Mapping[str, Columns]:
    """Return what is stored as columns; items are numbered through all spaces."""
    spaces: list[tuple[int, int, str, str]] = []
    blocks: list[tuple[int, int, int, int, str, str]] = []
    parents: list[bytes] = []
    kinds: list[bytes] = []
    base = 0
    rows = stored.execute("SELECT item_count, header, content FROM space_snapshots")
    for space, (count, header, content) in enumerate(rows):
        [head], body = map(inflated, unpacked(header)), unpacked(content)
        spaces.append((space, base, head.decode(), inflated(next(body)).decode()))
        first = base
        for ids, titles, _, above, kind in zip(*[body] * 5, strict=True):
            parents.append(inflated(above))
            kinds.append(inflated(kind))
            length = len(parents[-1]) // 8
            texts = (inflated(ids).decode(), inflated(titles).decode())
            blocks.append((space, base, first, length, *texts))
            first += length
        base += count
    [[document]] = stored.execute("SELECT directory FROM directories")
    whole = [(inflated(block).decode(),) for block in unpacked(document)]
    return {
        "directory": columns(numpy, whole, "document"),
        "stored_space": columns(numpy, spaces, "space", "base", "header", "sparse"),
        "stored_block": columns(
            numpy, blocks, "space", "base", "first", "length", "ids", "titles"
        ),
        "stored_number": {
            "above": numpy.frombuffer(b"".join(parents), NUMBER),
            "number": numpy.frombuffer(b"".join(kinds), NUMBER),
        },
    }


def columns(numpy: Any, rows: list[Any], *names: str) -> Columns:
    """Return rows as named columns."""
    values = dict(zip(names, zip(*rows, strict=True), strict=True))
    return {
        name: numpy.array(column, TEXT if isinstance(column[0], str) else NUMBER)
        for name, column in values.items()
    }


def unpacked(data: bytes) -> Iterator[memoryview]:
    """Yield the deflated blocks of a snapshot: each stands behind its length."""
    rest = memoryview(data)[data.index(b"\n") + 1 :]
    while rest:
        end = 4 + int.from_bytes(rest[:4], "big")
        yield rest[4:end]
        rest = rest[end:]


def inflated(block: memoryview) -> bytes:
    """Return a block as it was."""
    return zlib.decompress(block)


def answers(database: Any) -> list[str]:
    """Return each finding's items by the people who reach them, as one line each."""
    rows = database.execute(
        """
        WITH named AS (
            SELECT circle, string_agg(id, ',' ORDER BY id) AS people
            FROM (SELECT circle, unnest(people) AS who FROM findings.circle)
            JOIN findings.person USING (who) GROUP BY circle
        ), held AS (
            SELECT finding, people, count(*)::VARCHAR AS items,
                md5(string_agg(id, ',' ORDER BY id)) AS digest
            FROM findings.part JOIN named USING (circle)
            JOIN findings.exposed_item USING (part) GROUP BY finding, people
        )
        SELECT detector, space_id, resource_id, people, items, digest
        FROM findings.finding JOIN held USING (finding)
        """
    ).fetchall()
    return sorted(map("\t".join, rows))


if __name__ == "__main__":
    main(*sys.argv[1:])
