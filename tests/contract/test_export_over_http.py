"""The main road of the export on both databases."""

import json

import pytest

from connector.domain.finding_state import ChangeType
from connector.store.database import Database
from tests.unit.web.api.export_world import ACME, CHANGES, UMBRELLA, ExportWorld
from tests.unit.web.api.following import followed


@pytest.fixture
def world(database: Database) -> ExportWorld:
    return ExportWorld(database)


def test_a_consumer_reads_all_and_then_what_changes(world: ExportWorld) -> None:
    issued = world.client(ACME)
    for page in "1234":
        world.happens(page)
        world.happens(page, UMBRELLA)

    rows, checkpoint = followed(world, issued, f"{CHANGES}?limit=3&min_severity=high")
    world.happens("1", type_=ChangeType.RESOLVED)
    later, _ = followed(world, issued, f"{CHANGES}?cursor={checkpoint}")

    assert [row["resource"]["id"] for row in rows] == list("1234")
    assert [row["change_type"] for row in later] == ["resolved"]


def test_windows_snapshots_and_lists_agree(world: ExportWorld) -> None:
    issued = world.client(ACME)
    for page in "123":
        world.happens(page)
    world.happens("2", type_=ChangeType.RESOLVED)
    world.clock.turn(seconds=1)

    window = world.get(f"{CHANGES}?changed_before=2026-11-23T10:00:00Z", issued)
    lines = world.get("/api/v1/findings/snapshot?format=ndjson", issued)
    found = world.get("/api/v1/findings?q=page&limit=2", issued).get_json()

    assert len(window.get_json()["items"]) == 4
    assert {json.loads(line)["status"] for line in lines.text.splitlines()} == {
        "open",
        "resolved",
    }
    assert len(found["items"]) == 2
    assert found["has_more"]


def test_an_id_that_no_database_could_hold_is_not_found(world: ExportWorld) -> None:
    issued = world.client(ACME)

    for path in ("findings/%00", "findings/nope", "findings?site_id=%00"):
        assert world.get(f"/api/v1/{path}", issued).status_code == 404
    for key in ("casb_\0_x", "casbt_\0", "casbt_\udcff", "casb_é_é"):
        headers = {"X-API-Key": key.encode("latin-1", "replace").decode("latin-1")}
        try:
            answer = world.get(CHANGES, headers=headers)
        except ValueError:  # The test client refuses what no server would let in.
            continue
        assert answer.status_code == 401
    odd = world.get("/api/v1/findings?finding_type=%00&space=%00&q=%00", issued)
    assert odd.get_json()["items"] == []
