"""The feed over HTTP: pages, positions, filters, forms."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from casb_sdk import Severity
from connector.domain.finding_state import ChangeType
from connector.use_cases.manage_clients import Issued
from tests.unit.web.api.export_world import (
    ACME,
    CHANGES,
    NOW,
    PUBLIC_URL,
    UMBRELLA,
    ExportWorld,
)
from tests.unit.web.api.following import all_of, followed, pages_of


@pytest.fixture
def siem(world: ExportWorld) -> Issued:
    return world.client(ACME)


def test_following_the_pages_yields_each_change_once_and_in_order(
    world: ExportWorld, siem: Issued
) -> None:
    for page in range(7):
        world.happens(str(page))
        world.happens(str(page), UMBRELLA)

    rows, checkpoint = followed(world, siem, f"{CHANGES}?limit=3")

    assert pages_of(rows) == list("0123456")
    seqs = [row["change_seq"] for row in rows]
    assert seqs == sorted(set(seqs))
    assert {row["event_id"] for row in rows} == {f"acme:{seq}" for seq in seqs}
    assert world.get(f"{CHANGES}?cursor={checkpoint}", siem).get_json()["items"] == []


def test_a_checkpoint_goes_on_where_it_left_off(
    world: ExportWorld, siem: Issued
) -> None:
    world.happens("1")
    _, checkpoint = followed(world, siem, CHANGES)
    world.happens("1", type_=ChangeType.RESOLVED)

    rows, _ = followed(world, siem, f"{CHANGES}?cursor={checkpoint}")

    assert [row["change_type"] for row in rows] == ["resolved"]


def test_a_checkpoint_of_the_empty_feed_reads_all_that_comes(
    world: ExportWorld, siem: Issued
) -> None:
    _, checkpoint = followed(world, siem, CHANGES)
    world.happens("1")

    rows, _ = followed(world, siem, f"{CHANGES}?cursor={checkpoint}")

    assert pages_of(rows) == ["1"]


def test_the_same_cursor_gives_the_same_page(world: ExportWorld, siem: Issued) -> None:
    for page in "1234":
        world.happens(page)
    cursor = world.get(f"{CHANGES}?limit=2", siem).get_json()["next_cursor"]

    first = world.get(f"{CHANGES}?cursor={cursor}&limit=1", siem).get_json()["items"]
    again = world.get(f"{CHANGES}?cursor={cursor}&limit=1", siem).get_json()["items"]

    assert first == again
    assert pages_of(first) == ["3"]


def test_a_cursor_overrides_what_clients_append(
    world: ExportWorld, siem: Issued
) -> None:
    for page in "123":
        world.happens(page)
    cursor = world.get(f"{CHANGES}?limit=2", siem).get_json()["next_cursor"]
    appended = "after_seq=0&after_seq=junk&from=now&status=resolved&limit=2&cursor="

    rows, _ = followed(world, siem, f"{CHANGES}?cursor={cursor}&limit=1&{appended}")

    assert pages_of(rows) == ["3"]


def test_numbers_are_positions_too(world: ExportWorld, siem: Issued) -> None:
    for page in "123":
        world.happens(page)

    rows, _ = followed(world, siem, f"{CHANGES}?after_seq=1&sort=asc&order_by=x")

    assert pages_of(rows) == ["2", "3"]


def test_what_is_there_can_be_skipped(world: ExportWorld, siem: Issued) -> None:
    world.happens("1")
    rows, checkpoint = followed(world, siem, f"{CHANGES}?from=now")
    world.happens("2")

    later, _ = followed(world, siem, f"{CHANGES}?cursor={checkpoint}")

    assert rows == []
    assert pages_of(later) == ["2"]


def test_each_finding_comes_once_in_the_latest_view(
    world: ExportWorld, siem: Issued
) -> None:
    for page in "12":
        world.happens(page)
    world.happens("1", type_=ChangeType.RESOLVED)

    rows, _ = followed(world, siem, f"{CHANGES}?view=latest&limit=1")

    assert [(row["resource"]["id"], row["status"]) for row in rows] == [
        ("2", "open"),
        ("1", "resolved"),
    ]


def test_windows_join_without_a_gap(world: ExportWorld, siem: Issued) -> None:
    seen: list[str] = []
    start = NOW
    for page in "1234":
        world.happens(page)
        world.clock.turn(seconds=1)
        end = start + timedelta(seconds=1)
        window = f"changed_since={stamp(start)}&changed_before={stamp(end)}"
        rows, _ = followed(world, siem, f"{CHANGES}?{window}&limit=1")
        seen += pages_of(rows)
        start = end

    assert seen == list("1234")


def test_a_window_into_the_future_ends_now(world: ExportWorld, siem: Issued) -> None:
    world.happens("1")
    world.clock.turn(seconds=5)
    later = stamp(NOW + timedelta(days=1))

    page = world.get(f"{CHANGES}?changed_before={later}", siem).get_json()

    assert pages_of(page["items"]) == ["1"]
    assert page["watermark"]["changed_at"] == "2026-11-23T09:00:04.999999Z"


def test_a_window_into_the_future_says_where_it_ended_though_the_feed_goes_further(
    world: ExportWorld, siem: Issued
) -> None:
    # Changes of one transaction get a microsecond each: the last are ahead of now.
    world.happens("1")
    world.happens("2")
    later = stamp(NOW + timedelta(days=1))

    first = world.get(f"{CHANGES}?changed_before={later}", siem).get_json()
    world.clock.turn(seconds=1)
    end = datetime.fromisoformat(first["watermark"]["changed_at"])
    since = stamp(end + timedelta(microseconds=1))
    rows = all_of(world, siem, f"{CHANGES}?changed_since={since}")

    assert pages_of([*first["items"], *rows]) == ["1", "2"]


def test_a_checkpoint_of_a_window_reads_on_behind_it(
    world: ExportWorld, siem: Issued
) -> None:
    world.happens("1")
    world.clock.turn(seconds=1)
    window = f"{CHANGES}?changed_before={stamp(world.clock.now)}"
    _, checkpoint = followed(world, siem, window)
    world.happens("2")

    rows, _ = followed(world, siem, f"{CHANGES}?cursor={checkpoint}")

    assert pages_of(rows) == ["2"]


def test_a_finding_that_leaves_a_filter_says_so(
    world: ExportWorld, siem: Issued
) -> None:
    world.happens("1")
    _, checkpoint = followed(world, siem, f"{CHANGES}?min_severity=high")
    world.weakens("1", Severity.LOW)
    world.weakens("1", Severity.MEDIUM)

    rows, _ = followed(world, siem, f"{CHANGES}?cursor={checkpoint}")

    [left] = rows
    assert (left["severity"], left["left_filter"]) == ("low", True)


def test_filters_are_sealed_into_the_cursor(world: ExportWorld, siem: Issued) -> None:
    world.happens("1")
    _, checkpoint = followed(world, siem, f"{CHANGES}?finding_type=other&schema=ocsf")
    world.happens("2")

    rows, _ = followed(world, siem, f"{CHANGES}?cursor={checkpoint}")

    assert rows == []


def test_a_detector_is_another_name_of_a_type(world: ExportWorld, siem: Issued) -> None:
    world.happens("1")
    type_ = "external-content-view"

    for query, count in (
        (f"detector={type_}", 1),
        (f"detector={type_}&finding_type={type_}", 1),
        (f"detector=other,{type_}", 1),
        (f"detector=other&finding_type={type_}", 0),
    ):
        assert len(followed(world, siem, f"{CHANGES}?{query}")[0]) == count


def test_the_history_of_a_finding_is_its_own(world: ExportWorld, siem: Issued) -> None:
    world.happens("1")
    world.happens("2")
    finding = world.happens("1", type_=ChangeType.RESOLVED)

    path = f"/api/v1/findings/{finding.id}/changes?limit=1"
    rows, _ = followed(world, siem, path)

    assert [row["change_type"] for row in rows] == ["created", "resolved"]


def test_no_address_comes_from_the_host_header(
    world: ExportWorld, siem: Issued
) -> None:
    for page in "12":
        world.happens(page)
    headers = {
        "Authorization": f"Bearer {siem.api_key}",
        "Host": "evil.example",
        "X-Forwarded-Host": "evil.example",
    }

    answer = world.web.get(f"{CHANGES}?limit=1", headers=headers)

    assert "evil" not in answer.text
    assert "evil" not in str(answer.headers)
    links = answer.get_json()["links"]
    assert all(address.startswith(PUBLIC_URL) for address in links.values())


def stamp(moment: Any) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}Z"
