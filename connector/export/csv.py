"""Findings as a table for spreadsheets: one flat row each, the columns fixed."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

Row = Mapping[str, Any]

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the start of a formula; strangers write page titles."""

PLAIN = (
    "change_seq",
    "changed_at",
    "event_id",
    "change_type",
    "left_filter",
    "id",
    "site_id",
    "finding_type",
    "title",
    "category",
    "severity",
    "status",
    "resolution",
    "implied_by",
    "first_seen_at",
    "last_seen_at",
    "resolved_at",
    "reopened_count",
    "version",
    "level",
    "cause",
    "confidence",
    "exposure",
    "principal_count",
    "remediation",
    "scan_id",
)
NESTED = (
    ("stale_reason", "stale", "reason"),
    ("stale_since", "stale", "since"),
    ("suppression_reason", "suppression", "reason"),
    ("suppression_until", "suppression", "until"),
    ("resource_type", "resource", "type"),
    ("resource_id", "resource", "id"),
    ("resource_key", "resource", "key"),
    ("resource_title", "resource", "title"),
    ("resource_url", "resource", "url"),
    ("space_key", "resource", "space_key"),
    ("affected_count", "affected", "count"),
    ("link", "links", "self"),
)
LISTED = ("changed_fields", "audiences", "accounts")
ITEM = tuple(
    (f"affected_{name}", "affected_resource", name)
    for name in ("type", "id", "title", "url")
)
COLUMNS = (*PLAIN, *(name for name, *_ in (*NESTED, *ITEM)), *LISTED)
BETWEEN = "; "


def csv_lines(rows: Iterable[Row]) -> Iterator[bytes]:
    """Yield the line of the column names, then one line for each native row."""
    yield _line(COLUMNS)
    for row in rows:
        yield _line([_cell(value) for value in _values(row)])


def _values(row: Row) -> Iterator[object]:
    for name in PLAIN:
        yield row.get(name)
    for _, whole, part in (*NESTED, *ITEM):
        yield (row.get(whole) or {}).get(part)
    yield BETWEEN.join(row.get("changed_fields") or ())
    principals = row["principals"]
    yield BETWEEN.join(dict.fromkeys(each["audience"] for each in principals))
    yield BETWEEN.join(filter(None, (each.get("account_id") for each in principals)))


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def _line(cells: Iterable[str]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerow(cells)
    return text.getvalue().encode("utf-8", "replace")
