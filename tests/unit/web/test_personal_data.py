"""What is sent to Atlassian's reporting API, and what its answers mean."""

import json
from datetime import UTC, datetime, timedelta

import pytest
import responses

from connector.atlassian.oauth_app import OAuthApp
from connector.atlassian.personal_data import ReportsOverHttp
from connector.domain.care import AccountCopy
from connector.domain.errors import (
    AtlassianError,
    AtlassianUnavailableError,
    RefusedError,
    ScopeError,
)
from connector.domain.privacy import ReportAnswer

API = "https://api.atlassian.example"
URL = f"{API}/app/report-accounts/"
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
APP = OAuthApp("id", "secret", (), "https://auth.atlassian.example", API)
COPIES = [AccountCopy("gus", NOON), AccountCopy("ada", NOON - timedelta(days=1))]


def reported(status: int = 204, **answer: object) -> ReportAnswer:
    with responses.RequestsMock() as atlassian:
        atlassian.post(URL, status=status, **answer)
        return ReportsOverHttp(APP, lambda: NOON).report("a-token", COPIES)


def test_accounts_go_out_with_the_time_of_their_copies() -> None:
    with responses.RequestsMock() as atlassian:
        atlassian.post(URL, status=204)
        ReportsOverHttp(APP, lambda: NOON).report("a-token", COPIES)
        [call] = atlassian.calls

    assert call.request.headers["Authorization"] == "Bearer a-token"
    assert json.loads(call.request.body or "") == {
        "accounts": [
            {"accountId": "gus", "updatedAt": "2026-11-23T12:00:00.000Z"},
            {"accountId": "ada", "updatedAt": "2026-11-22T12:00:00.000Z"},
        ]
    }


def test_nothing_to_do_is_nothing() -> None:
    assert reported() == ReportAnswer()


def test_the_closed_and_the_changed_are_told_apart() -> None:
    rows = [
        {"accountId": "gus", "status": "closed"},
        {"accountId": "ada", "status": "updated"},
        {"accountId": "nobody we asked about", "status": "closed"},
    ]

    answer = reported(200, json={"accounts": rows})

    assert answer.closed == frozenset({"gus"})
    assert answer.updated == frozenset({"ada"})


@pytest.mark.parametrize(
    ("said", "cycle"),
    [
        ("P7D", timedelta(days=7)),
        ("P1W", timedelta(days=7)),
        ("P3DT12H", timedelta(days=3, hours=12)),
        ("PT90M", timedelta(minutes=90)),
        ("P0D", timedelta(days=7)),
        ("P99999D", timedelta(days=7)),
        ("weekly", timedelta(days=7)),
        ("", timedelta(days=7)),
    ],
)
def test_the_cycle_is_the_announced_one(said: str, cycle: timedelta) -> None:
    assert reported(headers={"Cycle-Period": said}).cycle == cycle


@pytest.mark.parametrize(
    ("wait", "expected"),
    [
        ("120", 120.0),
        ("Mon, 23 Nov 2026 12:02:00 GMT", 120.0),
        ("soon", None),
    ],
)
def test_a_full_house_says_when_to_come_again(
    wait: str, expected: float | None
) -> None:
    with pytest.raises(AtlassianUnavailableError) as refusal:
        reported(429, headers={"Retry-After": wait})

    assert refusal.value.retry_after == expected


@pytest.mark.parametrize(
    ("status", "answer", "kind"),
    [
        (503, {}, AtlassianUnavailableError),
        (200, {"body": "<html>"}, AtlassianUnavailableError),
        (200, {"json": {"accounts": "none"}}, AtlassianUnavailableError),
        (401, {"json": {"message": "Unauthorized; scope does not match"}}, ScopeError),
        (401, {"json": {"message": "Unauthorized"}}, RefusedError),
        (403, {}, RefusedError),
        (400, {}, AtlassianError),
    ],
)
def test_every_answer_has_its_meaning(
    status: int, answer: dict[str, object], kind: type[Exception]
) -> None:
    with pytest.raises(kind) as refusal:
        reported(status, **answer)

    assert "a-token" not in str(refusal.value)
