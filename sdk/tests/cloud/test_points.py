"""The points ledger, the wall at the end of the quota, the burst limit."""

from datetime import datetime

import pytest

from casb_sdk.cloud import RateHeaders
from sdk.tests.cloud.caller import Caller, calling

EVERYBODY = "a11a0000-0000-4000-8000-0000000000a1"


@pytest.mark.parametrize(
    ("path", "rows", "per_row"),
    [
        ("/api/v2/spaces?limit=5", 5, 1),
        ("/api/v2/pages?limit=10", 10, 1),
        ("/api/v2/spaces/65537/permissions?limit=20", 20, 2),
        ("/rest/api/content/search?cql=type=page&limit=15", 15, 1),
        ("/rest/api/group", 6, 2),
        (f"/rest/api/group/{EVERYBODY}/membersByGroupId?limit=7", 7, 2),
        ("/rest/api/user/current", 1, 2),
    ],
)
def test_a_call_costs_one_point_and_so_many_for_each_object(
    acme: Caller, path: str, rows: int, per_row: int
) -> None:
    before = acme.running.ledger.total_points

    response = acme.http.get(acme.url(path))

    assert response.status_code == 200
    assert acme.running.ledger.total_points - before == 1 + rows * per_row


def test_answers_kept_ready_cost_the_same(acme: Caller) -> None:
    ledger = acme.running.ledger
    acme.get("/api/v2/spaces", limit=6)
    before = ledger.total_points

    acme.get("/api/v2/spaces", limit=6)

    assert ledger.total_points - before == 7


def test_headers_tell_what_is_left(acme: Caller) -> None:
    headers = acme.get("/api/v2/spaces", limit=1).headers

    assert headers["x-ratelimit-limit"] == "65000"
    assert 0 < int(headers["x-ratelimit-remaining"]) < 65_000
    assert datetime.fromisoformat(headers["x-ratelimit-reset"]).minute == 0
    assert headers["ratelimit-policy"] == '"global-app-quota";q=65000;w=3600'
    assert headers["ratelimit"].startswith('"global-app-quota";t=')
    assert "x-ratelimit-nearlimit" not in headers


def test_near_the_wall_the_headers_say_so() -> None:
    with calling(points_per_hour=10, rate_headers=RateHeaders.NEAR) as caller:
        far = caller.get("/api/v2/spaces", limit=1).headers
        caller.get("/api/v2/spaces", limit=6)
        near = caller.get("/api/v2/space-role-mode").headers

    assert "x-ratelimit-limit" not in far
    assert near["x-ratelimit-nearlimit"] == "true"
    assert '"global-app-quota";r=' in near["ratelimit"]


def test_behind_the_wall_there_is_nothing_until_the_hour_is_over() -> None:
    with calling(points_per_hour=5, hour=1000.0) as caller:
        caller.get("/api/v2/spaces", limit=8)
        refused = caller.get("/rest/api/user/current")
        caller.running.clock.advance(int(refused.headers["retry-after"]))
        served = caller.get("/rest/api/user/current")

    assert refused.status_code == 429
    assert refused.headers["ratelimit-reason"] == "confluence-quota-global-based"
    assert refused.headers["x-ratelimit-remaining"] == "0"
    assert served.status_code == 200
    assert caller.running.ledger.refused[429] == 1


def test_while_headers_are_beta_nothing_is_enforced() -> None:
    with calling(points_per_hour=5, beta_headers=True) as caller:
        caller.get("/api/v2/spaces", limit=8)
        response = caller.get("/api/v2/spaces", limit=8)

    assert response.status_code == 200
    assert response.headers["beta-ratelimit-policy"]
    assert "ratelimit-policy" not in response.headers


def test_a_burst_is_refused_per_endpoint() -> None:
    with calling(burst_per_second=3) as caller:
        many = [caller.get("/api/v2/space-role-mode").status_code for _ in range(5)]
        other = caller.get("/api/v2/spaces").status_code
        caller.running.clock.advance(1)
        later = caller.get("/api/v2/space-role-mode").status_code

    assert many == [200, 200, 200, 429, 429]
    assert (other, later) == (200, 200)


def test_refusals_cost_one_point_at_most() -> None:
    with calling(scopes="read:space:confluence") as caller:
        caller.get("/api/v2/pages")
        assert caller.running.ledger.total_points == 0
        caller.get("/api/v2/spaces/1/permissions")

    assert caller.running.ledger.total_points == 1


def test_the_ledger_counts_calls_by_operation() -> None:
    with calling() as caller:
        for space in ("65537", "65538", "1"):
            caller.get(f"/api/v2/spaces/{space}/permissions")
        ledger = caller.running.ledger
        counted = ledger.calls["GET /wiki/api/v2/spaces/{id}/permissions"]
        ledger.reset()

    assert counted == 3
    assert ledger.total_calls == 0
    assert ledger.cpu_seconds >= 0


def test_consent_and_tokens_are_counted_apart_from_confluence() -> None:
    with calling() as caller:
        caller.get("/api/v2/spaces")
        ledger = caller.running.ledger

    assert ledger.calls["POST /oauth/token"] == 1
    assert ledger.total_calls == 1
