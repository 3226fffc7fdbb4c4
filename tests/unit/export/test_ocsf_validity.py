from dataclasses import replace
from typing import Any

import pytest

from casb_sdk import Severity
from connector.domain.finding_state import Aside, ChangeType, Stale, Status
from connector.export.native import FeedPosition, native_finding
from connector.export.ocsf import VERSIONS, ocsf_event, ocsf_event_of
from connector.export.redaction import without_evidence
from tests.unit.export.factory import (
    LATER,
    PUBLIC_URL,
    TYPES,
    change,
    rich_finding,
    tracked,
)
from tests.unit.export.ocsf_schema import violations

POSITION = FeedPosition(215, LATER)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("detector_id", TYPES)
def test_every_finding_at_every_status_is_valid(detector_id: str, version: str) -> None:
    for status in Status:
        for stale in (None, Stale("group_unreadable", LATER)):
            event = ocsf_event(tracked(detector_id, status, stale=stale), version)

            assert violations(event) == []


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("change_type", ChangeType)
def test_every_change_of_every_finding_is_valid(
    change_type: ChangeType, version: str
) -> None:
    for detector_id in TYPES:
        event = ocsf_event(change(change_type, detector_id), version, position=POSITION)

        assert violations(event) == []


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("detector_id", TYPES)
def test_what_is_left_without_evidence_is_valid(detector_id: str, version: str) -> None:
    row = without_evidence(native_finding(tracked(detector_id)))

    assert violations(ocsf_event_of(row, version)) == []


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("severity", Severity)
def test_a_finding_that_fills_every_field_is_valid(
    severity: Severity, version: str
) -> None:
    event = ocsf_event(
        replace(
            tracked(rich_finding(), Status.SUPPRESSED, severity=severity),
            aside=Aside("s-1", "agreed", "ada", LATER),
            assignee="bob",
        ),
        version,
        public_url=PUBLIC_URL,
    )

    assert violations(event) == []


@pytest.mark.parametrize("version", VERSIONS)
def test_texts_longer_than_a_version_takes_are_cut(version: str) -> None:
    row: Any = native_finding(tracked(), limit=None)
    row["resource"]["title"] = "x" * 70_000
    row["labels"] = {"x" * 40_000: "y" * 40_000}

    event: Any = ocsf_event_of(row, version)

    assert violations(event) == []
    assert event["unmapped"]["evidence_truncated"] is True


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("path", "wrong"),
    [
        (("type_uid",), 200402),
        (("time",), 1_772_353_800),
        (("finding_info", "created_time"), 1_772_353_800_000_000),
        (("severity",), "Fatal"),
        (("status",), "Open"),
        (("evidences", 0, "actor", "user", "type"), "Robot"),
        (("observables", 0, "type"), "URL"),
        (("colour",), "red"),
    ],
)
def test_the_check_itself_notices_what_is_wrong(
    path: tuple[str | int, ...], wrong: object, version: str
) -> None:
    event = ocsf_event(tracked(), version)
    part: Any = event
    for step in path[:-1]:
        part = part[step]

    part[path[-1]] = wrong

    assert violations(event) != []
