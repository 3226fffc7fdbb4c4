"""Positions that are not ours, not theirs, or of a feed that is no more."""

from pathlib import Path

import pytest

from connector.domain.finding_state import ChangeType
from connector.use_cases.manage_clients import Issued
from tests.unit.web.api.export_world import ACME, CHANGES, UMBRELLA, ExportWorld


@pytest.fixture
def siem(world: ExportWorld) -> Issued:
    return world.client(ACME)


def checkpoint(world: ExportWorld, issued: Issued) -> str:
    return str(world.get(CHANGES, issued).get_json()["checkpoint"])


def alarms(world: ExportWorld) -> list[str]:
    with world.database.begin(write=False) as stores:
        return [alarm.key for alarm in stores.alarms.all()]


@pytest.mark.parametrize("changed", ["x", "{}x", "x{}", "{}.", "é{}"])
def test_a_tampered_cursor_is_refused(
    world: ExportWorld, siem: Issued, changed: str
) -> None:
    cursor = changed.format(checkpoint(world, siem))

    answer = world.get(f"{CHANGES}?cursor={cursor}", siem)

    assert answer.status_code == 400
    assert answer.get_json()["type"] == "urn:casb:problem:invalid-cursor"


def test_the_cursor_of_another_client_is_refused(
    world: ExportWorld, siem: Issued
) -> None:
    foreign = checkpoint(world, world.client(UMBRELLA))

    answer = world.get(f"{CHANGES}?cursor={foreign}", siem)

    assert answer.status_code == 400
    assert answer.get_json()["type"] == "urn:casb:problem:invalid-cursor"


def test_the_cursor_of_another_list_is_refused(
    world: ExportWorld, siem: Issued
) -> None:
    for path in ("findings", "scans"):
        cursor = checkpoint(world, siem)
        answer = world.get(f"/api/v1/{path}?cursor={cursor}", siem)
        assert answer.get_json()["type"] == "urn:casb:problem:invalid-cursor"


def test_a_number_ahead_of_the_feed_is_a_conflict_and_never_an_empty_page(
    world: ExportWorld, siem: Issued
) -> None:
    world.happens("1")
    before = checkpoint(world, siem)

    answer = world.get(f"{CHANGES}?after_seq=2", siem)

    assert answer.status_code == 409
    assert answer.get_json()["type"] == "urn:casb:problem:position-ahead-of-feed"
    assert alarms(world) == ["feed-ahead"]
    # Anybody can write a number: it resets the feed for nobody.
    assert world.get(f"{CHANGES}?cursor={before}", siem).status_code == 200


def test_a_restored_backup_is_noticed_and_the_feed_begins_anew(
    world: ExportWorld, siem: Issued, tmp_path: Path
) -> None:
    world.happens("1")
    other = world.client(ACME)
    not_ahead = checkpoint(world, other)
    backup = world.backup(tmp_path / "backup.db")
    world.happens("2")
    ahead = checkpoint(world, siem)
    world.restore(backup)

    answer = world.get(f"{CHANGES}?cursor={ahead}", siem)

    assert answer.status_code == 410
    problem = answer.get_json()
    assert problem["type"] == "urn:casb:problem:feed-reset"
    assert alarms(world) == ["feed-restored"]
    world.happens("3")
    again = world.get(problem["restart"], siem).get_json()
    assert [row["resource"]["id"] for row in again["items"]] == ["1", "3"]
    # No number that was given out is given out again.
    assert [row["change_seq"] for row in again["items"]] == [1, 3]
    # Whoever holds a position of the feed that was is told so too.
    assert world.get(f"{CHANGES}?cursor={not_ahead}", other).status_code == 410
    assert world.get(f"{CHANGES}?cursor={ahead}", siem).status_code == 410


def test_a_position_older_than_the_ends_that_were_dropped_asks_for_a_resync(
    world: ExportWorld, siem: Issued
) -> None:
    world.happens("1")
    early = checkpoint(world, siem)
    world.happens("2")
    world.happens("2", type_=ChangeType.RESOLVED)
    world.clock.turn(days=900)
    with world.database.begin() as stores:
        stores.feed.compact(world.clock.now, world.clock.now)

    answer = world.get(f"{CHANGES}?cursor={early}", siem)

    assert answer.status_code == 200
    assert answer.get_json()["resync_recommended"] is True
    assert "resync_recommended" not in world.get(CHANGES, siem).get_json()


def test_a_time_before_the_ends_that_were_dropped_asks_for_a_resync(
    world: ExportWorld, siem: Issued
) -> None:
    world.happens("1")
    world.clock.turn(minutes=1)
    early = world.clock.now
    world.clock.turn(minutes=1)
    world.happens("2")
    world.happens("2", type_=ChangeType.RESOLVED)
    world.clock.turn(minutes=1)
    late = world.clock.now
    world.happens("3")
    begun = f"{CHANGES}?changed_since={early:%Y-%m-%dT%H:%M:%SZ}"
    before = world.get(begun, siem).get_json()
    with world.database.begin() as stores:
        stores.feed.compact(late, late)

    answer = world.get(begun, siem)

    assert "resync_recommended" not in before
    assert answer.status_code == 200
    assert answer.get_json()["resync_recommended"] is True
    # Neither what came later, nor who goes on from a place behind them, missed any.
    since = f"{CHANGES}?changed_since={late:%Y-%m-%dT%H:%M:%SZ}"
    for path in (since, before["links"]["resume"]):
        assert "resync_recommended" not in world.get(path, siem).get_json()
    # Who asks for all there ever was begins anew anyway.
    everything = f"{CHANGES}?changed_since=1970-01-01T00:00:00Z"
    assert "resync_recommended" not in world.get(everything, siem).get_json()


def test_a_snapshot_hands_over_to_the_feed_without_a_gap(
    world: ExportWorld, siem: Issued
) -> None:
    for page in "123":
        world.happens(page)
    world.happens("2", type_=ChangeType.RESOLVED)

    snapshot = world.get("/api/v1/findings/snapshot", siem)
    world.happens("3", type_=ChangeType.RESOLVED)
    cursor = snapshot.headers["X-Checkpoint"]
    rest = world.get(f"{CHANGES}?cursor={cursor}", siem).get_json()["items"]

    document = snapshot.get_json()
    states = {row["resource"]["id"]: row["status"] for row in document["items"]}
    assert states == {"1": "open", "2": "resolved", "3": "open"}
    assert document["checkpoint"] == cursor
    assert [row["resource"]["id"] for row in rest] == ["3"]


def test_a_snapshot_holds_no_finding_that_left_its_filter(
    world: ExportWorld, siem: Issued
) -> None:
    world.happens("1")
    world.happens("2")
    world.happens("2", type_=ChangeType.RESOLVED)

    path = "/api/v1/findings/snapshot?status=open&format=array"
    rows = world.get(path, siem).get_json()

    assert [row["resource"]["id"] for row in rows] == ["1"]
