"""The table: its columns are fixed, and no cell is a formula."""

import csv
import io
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.export.csv import COLUMNS, csv_lines
from connector.export.native import native_change, native_finding
from connector.export.redaction import without_evidence
from tests.unit.export.factory import (
    GUEST_ID,
    TYPES,
    change,
    finding,
    rich_finding,
    tracked,
)


def table(*rows: object) -> list[dict[str, str]]:
    text = b"".join(csv_lines(rows)).decode()  # type: ignore[arg-type]
    return list(csv.DictReader(io.StringIO(text, newline="")))


def titled(title: str) -> dict[str, object]:
    page = finding("external-content-view")
    named = replace(page, resource=replace(page.resource, title=title))
    return native_finding(tracked(named))


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_what_a_spreadsheet_takes_for_a_formula_is_quoted(start: str) -> None:
    title = f"{start}HYPERLINK(1)"

    [row] = table(titled(title))

    assert row["resource_title"] == f"'{title}"


@given(st.text(st.characters(codec="utf-8")))
def test_no_cell_begins_like_a_formula(title: str) -> None:
    [row] = table(titled(title))

    assert not any(cell.startswith(("=", "+", "-", "@", "\t")) for cell in row.values())
    assert row["resource_title"].removeprefix("'") == title.removeprefix("'")


def test_every_row_has_the_columns_of_all() -> None:
    rows = [
        native_change(change()),
        native_finding(tracked(rich_finding())),
        *(without_evidence(native_change(change(what=id_))) for id_ in TYPES),
    ]

    lines = list(csv.reader(io.StringIO(b"".join(csv_lines(rows)).decode())))

    assert lines[0] == list(COLUMNS)
    assert {len(line) for line in lines} == {len(COLUMNS)}
    assert len(lines) == len(rows) + 1


def test_an_empty_table_has_its_head() -> None:
    assert b"".join(csv_lines([])).decode().strip() == ",".join(COLUMNS)


def test_withheld_accounts_are_not_in_the_table() -> None:
    native = native_finding(tracked(rich_finding()))

    [row] = table(without_evidence(native))

    assert table(native)[0]["accounts"] == GUEST_ID
    assert row["accounts"] == ""
    assert GUEST_ID not in str(row)
