"""Reads lists of the API as consumers do."""

from typing import Any

from connector.use_cases.manage_clients import Issued
from tests.unit.web.api.export_world import ExportWorld

Items = list[dict[str, Any]]


def followed(world: ExportWorld, issued: Issued, path: str) -> tuple[Items, str]:
    """Follow the pages to their end; return their rows and the last checkpoint."""
    rows: Items = []
    for _ in range(50):
        page = world.get(path, issued).get_json()
        rows += page["items"]
        assert page["has_more"] is ("next_cursor" in page)
        assert ("next" in page["links"]) is page["has_more"]
        if not page["has_more"]:
            return rows, page.get("checkpoint", "")
        path = page["links"]["next"]
    raise AssertionError("the pages never end")


def all_of(world: ExportWorld, issued: Issued, path: str) -> Items:
    """Return all rows of a list."""
    rows, _ = followed(world, issued, path)
    return rows


def pages_of(rows: Items) -> list[str]:
    """Return the pages that rows are about."""
    return [row["resource"]["id"] for row in rows]
