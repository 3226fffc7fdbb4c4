from dataclasses import replace
from typing import Any

import pytest

from casb_sdk import Confidence, Severity
from connector.domain.errors import UsageError
from connector.domain.finding_state import Aside, ChangeType, Stale, Status
from connector.export.native import FeedPosition
from connector.export.ocsf import VERSIONS, ocsf_event
from tests.unit.export.factory import (
    ANONYMOUS,
    APP_ID,
    GHOST_ID,
    LATER,
    SITE_ID,
    SITE_URL,
    change,
    exposed,
    finding,
    tracked,
)

SEEN_AT = 1_772_440_200_000
CHANGED_AT = 1_772_528_400_999
POSITION = FeedPosition(215, LATER)


def event_of(*arguments: Any, **more: Any) -> Any:
    return ocsf_event(*arguments, **more)


@pytest.mark.parametrize("change_type", ChangeType)
def test_ends_close_beginnings_create_and_the_rest_updates(
    change_type: ChangeType,
) -> None:
    event = event_of(change(change_type), position=POSITION)

    expected = {
        ChangeType.CREATED: (1, "Create"),
        ChangeType.RESOLVED: (3, "Close"),
        ChangeType.WITHDRAWN: (3, "Close"),
        ChangeType.DELETED: (3, "Close"),
    }.get(change_type, (2, "Update"))
    assert (event["activity_id"], event["activity_name"]) == expected
    assert event["type_uid"] == 200400 + expected[0]
    assert event["type_name"] == f"Detection Finding: {expected[1]}"


@pytest.mark.parametrize(
    ("change_type", "version", "expected"),
    [
        (ChangeType.CREATED, "1.1.0", (1, "New")),
        (ChangeType.REOPENED, "1.8.0", (1, "New")),
        (ChangeType.SUPPRESSED, "1.1.0", (3, "Suppressed")),
        (ChangeType.RESOLVED, "1.1.0", (4, "Resolved")),
        (ChangeType.WITHDRAWN, "1.3.0", (99, "Withdrawn")),
        (ChangeType.WITHDRAWN, "1.4.0", (5, "Archived")),
        (ChangeType.WITHDRAWN, "1.8.0", (5, "Archived")),
        (ChangeType.DELETED, "1.3.0", (99, "Deleted")),
        (ChangeType.DELETED, "1.4.0", (5, "Archived")),
        (ChangeType.DELETED, "1.5.0", (5, "Archived")),
        (ChangeType.DELETED, "1.6.0", (6, "Deleted")),
    ],
)
def test_a_status_is_said_in_the_words_the_version_has(
    change_type: ChangeType, version: str, expected: tuple[int, str]
) -> None:
    event = event_of(change(change_type), version)

    assert (event["status_id"], event["status"]) == expected


@pytest.mark.parametrize(
    ("severity", "expected"),
    [
        (Severity.LOW, (2, "Low")),
        (Severity.MEDIUM, (3, "Medium")),
        (Severity.HIGH, (4, "High")),
        (Severity.CRITICAL, (5, "Critical")),
    ],
)
def test_severities_are_numbered_from_low_to_critical(
    severity: Severity, expected: tuple[int, str]
) -> None:
    event = event_of(tracked(severity=severity))

    assert (event["severity_id"], event["severity"]) == expected


@pytest.mark.parametrize(
    ("confidence", "expected"),
    [
        (Confidence.LOW, (1, "Low")),
        (Confidence.MEDIUM, (2, "Medium")),
        (Confidence.HIGH, (3, "High")),
    ],
)
def test_confidences_are_numbered_from_low_to_high(
    confidence: Confidence, expected: tuple[int, str]
) -> None:
    event = event_of(tracked(replace(finding("app-space-edit"), confidence=confidence)))

    assert (event["confidence_id"], event["confidence"]) == expected


def test_the_status_says_why() -> None:
    stale = Stale("group_unreadable", LATER)
    aside = Aside("s-1", "agreed with legal", "ada")

    details = [
        event_of(tracked()).get("status_detail"),
        event_of(tracked(stale=stale))["status_detail"],
        event_of(tracked(status=Status.RESOLVED))["status_detail"],
        event_of(replace(tracked(status=Status.SUPPRESSED), aside=aside))[
            "status_detail"
        ],
    ]

    assert details == [None, "stale: group_unreadable", "fixed", "agreed with legal"]


def test_a_finding_as_it_stands_is_an_event_of_its_last_moment() -> None:
    known = [
        tracked(),
        tracked(version=3),
        tracked(status=Status.RESOLVED, version=4),
    ]

    events = [event_of(one) for one in known]

    assert [event["activity_id"] for event in events] == [1, 2, 3]
    assert [event["time"] for event in events] == [SEEN_AT, SEEN_AT, CHANGED_AT]
    assert [event["metadata"]["uid"] for event in events] == [
        f"{SITE_ID}:{known[0].id}:{version}" for version in (1, 3, 4)
    ]
    assert "sequence" not in events[0]["metadata"]


def test_anonymous_is_a_user_without_an_account() -> None:
    found = replace(finding("unknown-access"), principals=(exposed(ANONYMOUS),))

    event = event_of(tracked(found))

    user = event["evidences"][0]["actor"]["user"]
    assert user == {"type_id": 99, "type": "Anonymous", "name": "anonymous"}
    assert event["unmapped"]["exposure"] == "internet"
    assert [one["name"] for one in event["observables"]] == [
        "resources.uid",
        "resources.data.url",
    ]


def test_users_say_what_they_are() -> None:
    events = [event_of(tracked(id_)) for id_ in ("app-content-view", "unknown-access")]

    users = [
        evidence["actor"]["user"]
        for event in events
        for evidence in event["evidences"]
        if "actor" in evidence
    ]
    assert [(user.get("uid"), user["type"]) for user in users] == [
        (APP_ID, "App"),
        (None, "Anonymous"),
        (GHOST_ID, "Unknown"),
    ]


def test_a_space_is_its_own_resource_and_nothing_else() -> None:
    [resource] = event_of(tracked("external-space-edit"))["resources"]

    assert resource == {
        "uid": "7",
        "name": "Documents",
        "type": "space",
        "namespace": "DOCS",
        "data": {"url": f"{SITE_URL}/wiki/spaces/DOCS"},
    }


def test_versions_differ_in_nothing_but_the_version() -> None:
    events = [event_of(tracked(), version) for version in VERSIONS]

    for event in events:
        event["metadata"].pop("version")
    assert all(event == events[0] for event in events)


def test_a_version_that_is_not_supported_is_refused_with_those_that_are() -> None:
    with pytest.raises(UsageError, match=r"2\.0\.0 is not supported\. Ask for one of"):
        event_of(tracked(), "2.0.0")
