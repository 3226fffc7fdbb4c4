"""A list of affected items has a bound per page, and goes on inside a finding."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from connector.domain.export_forms import Row
from connector.domain.finding_state import ChangeType, TrackedFinding
from connector.use_cases.manage_clients import Issued
from connector.web.api.exporting import EXTENSION
from tests.unit.web.api.export_world import ExportWorld

FINDINGS = "/api/v1/findings"
ITEMS = {"1": 5, "2": 0, "3": 1, "4": 12}
"""How many items the finding on each page affects."""


@pytest.fixture
def siem(world: ExportWorld) -> Issued:
    return world.client()


@pytest.fixture
def items(world: ExportWorld) -> dict[str, int]:
    """Findings that affect so many items each, until a test says otherwise."""
    counts = dict(ITEMS)

    def affected(tracked: TrackedFinding, *, with_evidence: bool) -> Iterator[Row]:
        page = tracked.finding.resource.id
        for number in range(counts[page]):
            yield {"id": f"{page}.{number}", "account_ids": ["gus"]}

    parts = world.api.extensions[EXTENSION]
    world.api.extensions[EXTENSION] = replace(parts, affected=affected)
    for page in counts:
        world.happens(page)
    return counts


def pages(world: ExportWorld, siem: Issued, limit: int) -> Iterator[list[str | None]]:
    """Yield the ids of the items of each page."""
    path = f"{FINDINGS}?granularity=resource&limit={limit}"
    while path:
        page = world.get(path, siem).get_json()
        items = [row["affected_resource"] for row in page["items"]]
        yield [item and item["id"] for item in items]
        path = page["links"].get("next", "")


def wanted(items: dict[str, int]) -> list[str | None]:
    told: list[str | None] = []
    for page, count in items.items():
        told += [f"{page}.{number}" for number in range(count)] or [None]
    return told


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 6, 18, 19, 20])
def test_every_item_comes_once_and_no_page_is_longer_than_its_limit(
    world: ExportWorld, siem: Issued, items: dict[str, int], limit: int
) -> None:
    told = list(pages(world, siem, limit))

    assert max(map(len, told)) <= limit
    assert [id_ for page in told for id_ in page] == wanted(items)


def test_a_finding_that_went_in_the_middle_of_its_items_takes_none_of_the_next_along(
    world: ExportWorld, siem: Issued, items: dict[str, int]
) -> None:
    path = f"{FINDINGS}?granularity=resource&limit=2&status=open"
    first = world.get(path, siem).get_json()
    world.happens("1", type_=ChangeType.RESOLVED)

    second = world.get(first["links"]["next"], siem).get_json()

    told = [row["affected_resource"] for row in second["items"]]
    assert [item and item["id"] for item in told] == [None, "3.0"]


def test_items_that_became_fewer_between_two_pages_end_the_finding(
    world: ExportWorld, siem: Issued, items: dict[str, int]
) -> None:
    path = f"{FINDINGS}?granularity=resource&limit=4"
    first = world.get(path, siem).get_json()
    items["1"] = 3

    second = world.get(first["links"]["next"], siem).get_json()

    told = [row["affected_resource"] for row in second["items"]]
    assert [item and item["id"] for item in told] == [None, "3.0", "4.0", "4.1"]
