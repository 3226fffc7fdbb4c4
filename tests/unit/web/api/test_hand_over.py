"""A list hands over to the feed, and who has everything is seen to ask on."""

import pytest

from connector.domain.finding_state import ChangeType
from connector.use_cases.manage_clients import Issued
from tests.unit.web.api.export_world import ACME, CHANGES, UMBRELLA, ExportWorld
from tests.unit.web.api.following import all_of, pages_of

FINDINGS = "/api/v1/findings"


@pytest.fixture
def siem(world: ExportWorld) -> Issued:
    return world.client(ACME)


def test_the_checkpoint_of_a_list_goes_on_where_the_list_began(
    world: ExportWorld, siem: Issued
) -> None:
    for page in "123":
        world.happens(page)
    first = world.get(f"{FINDINGS}?limit=2", siem)
    world.happens("1", type_=ChangeType.RESOLVED)

    last = world.get(first.get_json()["links"]["next"], siem)

    assert last.headers["X-Checkpoint"] == last.get_json()["checkpoint"]
    assert first.get_json()["watermark"]["seq"] == 3
    assert last.get_json()["watermark"]["seq"] == 4
    for answer in (first, last):
        resume = answer.get_json()["links"]["resume"]
        assert pages_of(all_of(world, siem, resume)) == ["1"]


def test_the_checkpoint_of_an_empty_list_is_the_start(
    world: ExportWorld, siem: Issued
) -> None:
    empty = world.get(FINDINGS, siem).get_json()
    world.happens("1")

    assert empty["watermark"] == {"seq": 0, "changed_at": None}
    assert pages_of(all_of(world, siem, empty["links"]["resume"])) == ["1"]


def consumer(world: ExportWorld, siem: Issued) -> dict[str, object]:
    items = world.get("/api/v1/export/consumers", siem).get_json()["items"]
    [row] = [item for item in items if item["id"] == siem.client.id]
    return dict(row)


def test_whoever_has_everything_is_seen_to_ask_on(
    world: ExportWorld, siem: Issued
) -> None:
    world.happens("1")
    first = world.get(CHANGES, siem)
    world.clock.turn(hours=2)

    again = world.get(CHANGES, siem, headers={"If-None-Match": first.headers["ETag"]})

    assert again.status_code == 304
    assert again.headers["ETag"] == first.headers["ETag"]
    seen = consumer(world, siem)
    assert (seen["position"], seen["rows"], seen["changes_behind"]) == (1, 0, 0)
    assert seen["last_pull_at"] == "2026-11-23T11:00:00.000000Z"
    world.happens("2", UMBRELLA)
    world.clock.turn(minutes=1)
    assert consumer(world, siem)["seconds_behind"] == 60


def test_a_tag_among_others_is_answered_with_itself_alone(
    world: ExportWorld, siem: Issued
) -> None:
    world.happens("1")
    tag = world.get(CHANGES, siem).headers["ETag"]

    again = world.get(CHANGES, siem, headers={"If-None-Match": f'"other", {tag}'})

    assert (again.status_code, again.headers["ETag"]) == (304, tag)
