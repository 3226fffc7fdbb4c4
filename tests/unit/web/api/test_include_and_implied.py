"""What is left out unless asked for, and what leaves a filter by being implied."""

from dataclasses import replace
from datetime import timedelta

import pytest

from connector.domain.finding_state import Change, ChangeType
from connector.use_cases.manage_clients import Issued
from connector.use_cases.repeat_findings import RepeatFindings
from tests.unit.web.api.export_world import ACME, CHANGES, ExportWorld
from tests.unit.web.api.following import all_of

FINDINGS = "/api/v1/findings"
SNAPSHOT = "/api/v1/findings/snapshot"
EXCLUDED = f"{CHANGES}?implied=exclude"


@pytest.fixture
def siem(world: ExportWorld) -> Issued:
    return world.client(ACME)


def mark(world: ExportWorld, page: str, by: str | None) -> None:
    """Let a stronger finding imply the one on a page, or none any more."""
    known = world.known[ACME, page]
    stronger = world.known[ACME, by].id if by else None
    after = replace(known, implied_by=stronger, version=known.version + 1)
    change = Change(ChangeType.UPDATED, after, ("implied_by",), known.standing)
    with world.database.begin() as stores:
        stores.findings.save([change])
    world.known[ACME, page] = after


def told(rows: list[dict[str, object]]) -> list[tuple[object, object]]:
    return [(row["change_type"], row.get("left_filter", False)) for row in rows]


def test_a_finding_that_is_implied_from_now_on_leaves_the_filter(
    world: ExportWorld, siem: Issued
) -> None:
    world.happens("1")
    world.happens("2")
    mark(world, "1", by="2")

    rows = all_of(world, siem, EXCLUDED)

    assert told(rows) == [("created", False), ("created", False), ("updated", True)]


def test_what_happens_to_an_implied_finding_is_not_told(
    world: ExportWorld, siem: Issued
) -> None:
    world.happens("1")
    world.happens("2")
    mark(world, "1", by="2")
    checkpoint = checkpoint_of(world, siem)
    world.happens("1", type_=ChangeType.SUPPRESSED)

    assert all_of(world, siem, f"{CHANGES}?cursor={checkpoint}") == []


def test_a_finding_that_is_implied_no_longer_enters_the_filter(
    world: ExportWorld, siem: Issued
) -> None:
    world.happens("1")
    world.happens("2")
    mark(world, "1", by="2")
    checkpoint = checkpoint_of(world, siem)
    mark(world, "1", by=None)

    rows = all_of(world, siem, f"{CHANGES}?cursor={checkpoint}")

    assert told(rows) == [("updated", False)]


@pytest.mark.parametrize("path", [FINDINGS, SNAPSHOT])
def test_what_stands_is_without_what_is_implied(
    world: ExportWorld, siem: Issued, path: str
) -> None:
    world.happens("1")
    world.happens("2")
    mark(world, "1", by="2")

    rows = all_of(world, siem, f"{path}?implied=exclude")

    assert [row["resource"]["id"] for row in rows] == ["2"]


def test_heartbeats_come_to_whom_asks_for_them(
    world: ExportWorld, siem: Issued
) -> None:
    world.happens("1")
    world.clock.turn(days=31)
    month = timedelta(days=30)
    RepeatFindings(world.database.begin, world.clock, month)()

    asked = all_of(world, siem, f"{CHANGES}?include=refreshed")
    plain = all_of(world, siem, CHANGES)
    event = all_of(world, siem, f"{CHANGES}?include=refreshed&schema=ocsf")[-1]

    assert told(asked) == [("created", False), ("refreshed", False)]
    assert told(plain) == [("created", False)]
    assert (event["activity_id"], event["status_id"]) == (2, 1)


def test_a_cursor_keeps_asking_for_heartbeats(world: ExportWorld, siem: Issued) -> None:
    world.happens("1")
    page = world.get(f"{CHANGES}?include=refreshed", siem).get_json()
    world.clock.turn(days=31)
    RepeatFindings(world.database.begin, world.clock, timedelta(days=30))()

    rows = all_of(world, siem, page["links"]["resume"])

    assert told(rows) == [("refreshed", False)]


@pytest.mark.parametrize("path", [FINDINGS, SNAPSHOT])
def test_what_stands_has_no_heartbeats_to_ask_for(
    world: ExportWorld, siem: Issued, path: str
) -> None:
    answer = world.get(f"{path}?include=refreshed", siem)

    assert answer.status_code == 400
    assert "include" in answer.get_json()["detail"]


@pytest.mark.parametrize("path", [FINDINGS, SNAPSHOT, CHANGES])
def test_detector_is_another_name_of_the_type_everywhere(
    world: ExportWorld, siem: Issued, path: str
) -> None:
    world.happens("1")

    assert len(all_of(world, siem, f"{path}?detector=external-content-view")) == 1
    assert all_of(world, siem, f"{path}?detector=app-content-view") == []
    both = "detector=app-content-view&finding_type=external-content-view"
    assert all_of(world, siem, f"{path}?{both}") == []


def checkpoint_of(world: ExportWorld, siem: Issued) -> str:
    """Return where a client stands that leaves out what is implied."""
    return str(world.get(EXCLUDED, siem).get_json()["checkpoint"])
