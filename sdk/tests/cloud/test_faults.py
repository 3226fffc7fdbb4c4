"""Each thing that can go wrong, and that it goes wrong as planned."""

import json
import time

import httpx
import pytest

from casb_sdk.cloud import Fault, FaultKind
from sdk.tests.cloud.caller import Caller, by_refresh, calling, redeem, tokens_of

CURRENT_USER = "/rest/api/user/current"
SEARCH = "/rest/api/content/search"
MEMBERS = "/rest/api/group/a11a0000-0000-4000-8000-0000000000a1/membersByGroupId"


@pytest.fixture
def caller(acme: Caller) -> Caller:
    acme.running.faults.clear()
    return acme


def plan(caller: Caller, *faults: Fault) -> None:
    caller.running.faults.add(*faults)


def statuses(caller: Caller, times: int, path: str = CURRENT_USER) -> list[int]:
    return [caller.get(path).status_code for _ in range(times)]


def test_a_rate_limit_says_when_to_come_back(caller: Caller) -> None:
    plan(caller, Fault(FaultKind.RATE_LIMIT, seconds=7, count=1))

    response = caller.get(CURRENT_USER)

    assert (response.status_code, response.headers["retry-after"]) == (429, "7")
    assert caller.get(CURRENT_USER).status_code == 200


def test_a_rate_limit_may_say_nothing(caller: Caller) -> None:
    plan(caller, Fault(FaultKind.RATE_LIMIT))

    assert "retry-after" not in caller.get(CURRENT_USER).headers


def test_the_gateways_limit_has_its_own_headers(caller: Caller) -> None:
    plan(caller, Fault(FaultKind.GATEWAY_LIMIT))

    headers = caller.get(CURRENT_USER).headers

    assert headers["x-failure-category"] == "FAILURE CLIENT RATE LIMITED"
    assert "retry-after" not in headers


def test_a_spent_quota_can_be_feigned(caller: Caller) -> None:
    plan(caller, Fault(FaultKind.QUOTA, seconds=60, message="conf-global-based"))

    response = caller.get(CURRENT_USER)

    assert response.status_code == 429
    assert response.headers["ratelimit-reason"] == "conf-global-based"


@pytest.mark.parametrize("status", [400, 403, 404, 500, 502, 503])
def test_any_status_can_be_had(caller: Caller, status: int) -> None:
    plan(caller, Fault(FaultKind.STATUS, status=status))

    assert caller.get(CURRENT_USER).status_code == status


def test_faults_can_wait_and_stop(caller: Caller) -> None:
    plan(caller, Fault(FaultKind.STATUS, after=2, count=2))

    assert statuses(caller, 6) == [200, 200, 503, 503, 200, 200]


def test_faults_can_come_by_chance_but_not_by_accident() -> None:
    def drawn() -> list[int]:
        with calling(seed=5) as caller:
            plan(caller, Fault(FaultKind.STATUS, probability=0.5))
            return statuses(caller, 30)

    first = drawn()

    assert 5 < first.count(503) < 25
    assert drawn() == first


def test_faults_hit_the_paths_they_name(caller: Caller) -> None:
    plan(caller, Fault(FaultKind.STATUS, path="*/membersByGroupId"))

    assert caller.get(CURRENT_USER).status_code == 200
    assert caller.get(MEMBERS).status_code == 503


def test_large_expands_can_time_out(caller: Caller) -> None:
    plan(
        caller,
        Fault(FaultKind.STATUS, status=504, query="restrictions", limit_above=50),
    )
    expand = "restrictions.read.restrictions.user"

    def status(limit: int, expand: str) -> int:
        query = {"cql": "type=page", "limit": limit, "expand": expand}
        return caller.get(SEARCH, **query).status_code

    assert [status(100, expand), status(50, expand), status(100, "space")] == [
        504,
        200,
        200,
    ]


def test_a_search_type_can_be_refused(caller: Caller) -> None:
    plan(caller, Fault(FaultKind.STATUS, status=400, query="folder"))

    assert caller.get(SEARCH, cql="type in (page, folder)").status_code == 400
    assert caller.get(SEARCH, cql="type in (page)").status_code == 200


def test_group_paging_can_break_in_the_middle(caller: Caller) -> None:
    plan(caller, Fault(FaultKind.STATUS, path="*/membersByGroupId", query="start=4"))

    first = caller.json(MEMBERS, limit=4)

    assert len(first["results"]) == 4
    assert caller.follow(first).status_code == 503


def test_an_ancestor_can_be_missing(caller: Caller) -> None:
    plan(caller, Fault(FaultKind.STATUS, status=404, path="*/content/1049578/*"))

    assert caller.get("/rest/api/content/1049578/restriction").status_code == 404
    assert caller.get("/rest/api/content/1049577/restriction").status_code == 200


def test_a_token_can_expire_at_any_moment(caller: Caller) -> None:
    plan(caller, Fault(FaultKind.EXPIRED_TOKEN, count=1))

    assert statuses(caller, 2) == [401, 200]


def test_html_can_come_instead_of_json(caller: Caller) -> None:
    plan(caller, Fault(FaultKind.HTML, status=200))

    response = caller.get(CURRENT_USER)

    assert response.headers["content-type"].startswith("text/html")
    assert response.text.startswith("<!DOCTYPE html>")


def test_a_body_can_be_empty(caller: Caller) -> None:
    plan(caller, Fault(FaultKind.EMPTY))

    response = caller.get(CURRENT_USER)

    assert (response.status_code, response.content) == (200, b"")


def test_json_can_stop_half_way(caller: Caller) -> None:
    plan(caller, Fault(FaultKind.TRUNCATED))

    response = caller.get(CURRENT_USER)

    assert response.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        response.json()


def test_a_connection_can_be_cut(caller: Caller) -> None:
    plan(caller, Fault(FaultKind.CUT, count=1))

    with pytest.raises(httpx.TransportError):
        caller.get(CURRENT_USER)

    assert caller.get(CURRENT_USER).status_code == 200


def test_an_answer_can_take_long(caller: Caller) -> None:
    plan(caller, Fault(FaultKind.SLOW, seconds=0.2, count=1))
    started = time.monotonic()

    caller.get(CURRENT_USER)

    assert time.monotonic() - started >= 0.2


@pytest.mark.parametrize(
    ("path", "query"),
    [(SEARCH, {"cql": "type=page"}), ("/api/v2/pages", {}), (MEMBERS, {})],
)
def test_a_cursor_can_lead_back_to_its_own_page(
    caller: Caller, path: str, query: dict[str, str]
) -> None:
    first = caller.json(path, limit=2, **query)
    plan(caller, Fault(FaultKind.REPEATED_CURSOR))

    second = caller.follow(first).json()
    third = caller.follow(second).json()

    assert second["results"] == third["results"]
    assert second["_links"]["next"] == third["_links"]["next"]


def test_a_page_can_be_empty_and_promise_more(caller: Caller) -> None:
    plan(caller, Fault(FaultKind.EMPTY_PAGE))

    page = caller.search("type=page", limit=2)

    assert page["results"] == []
    assert page["_links"]["next"]


def test_a_next_link_can_lead_elsewhere(caller: Caller) -> None:
    plan(caller, Fault(FaultKind.FOREIGN_NEXT))

    link = caller.search("type=page", limit=2)["_links"]["next"]

    assert link.startswith("https://elsewhere.example/rest/api/content/search")


def test_enumerations_can_hold_what_nobody_has_documented(caller: Caller) -> None:
    plan(caller, Fault(FaultKind.UNKNOWN_ENUM, value="novel"))

    row = caller.json("/api/v2/spaces/65537/permissions", limit=1)["results"][0]
    user = caller.json(MEMBERS, limit=1)["results"][0]

    assert (row["principal"]["type"], row["operation"]["key"]) == ("novel", "novel")
    assert user["accountType"] == "novel"


def test_the_token_endpoint_can_fail_too() -> None:
    with calling() as caller:
        token = tokens_of(caller.running)["refresh_token"]
        plan(caller, Fault(FaultKind.STATUS, path="/oauth/token", count=1))

        failed = redeem(caller.running, by_refresh(token))
        again = redeem(caller.running, by_refresh(token))

    assert (failed.status_code, again.status_code) == (503, 200)
