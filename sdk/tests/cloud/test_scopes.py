"""Who may call what: the gateway's own refusals."""

from collections.abc import Iterator

import httpx
import pytest

from casb_sdk.cloud import CloudSite
from casb_sdk.cloud.demo_site import demo_site
from sdk.tests.cloud.caller import CURRENT, PLAIN, SEVEN, Caller, calling, tokens_of

PERMITTED_BY_THE_SEVEN = [
    "/rest/api/user/current",
    "/rest/api/group",
    "/rest/api/content/1049577/restriction",
    "/rest/api/content/1049577/descendant/page",
]
NOT_PERMITTED_BY_THE_SEVEN = [
    "/rest/api/content/search?cql=type=page",
    "/rest/api/search?cql=type=page",
    "/rest/api/search/user?cql=type=user",
    "/rest/api/audit",
    "/api/v2/spaces",
    "/api/v2/spaces/65537/permissions",
    "/api/v2/pages",
    "/api/v2/space-role-mode",
]


@pytest.fixture(scope="module")
def with_seven() -> Iterator[Caller]:
    with calling(scopes=SEVEN) as caller:
        yield caller


@pytest.mark.parametrize("path", PERMITTED_BY_THE_SEVEN)
def test_the_seven_classic_scopes_still_buy_what_is_read_by_id(
    with_seven: Caller, path: str
) -> None:
    assert with_seven.get(path).status_code == 200


@pytest.mark.parametrize("path", NOT_PERMITTED_BY_THE_SEVEN)
def test_a_missing_scope_is_the_gateways_401(with_seven: Caller, path: str) -> None:
    response = with_seven.http.get(with_seven.url(path))

    assert response.status_code == 401
    assert response.json() == {
        "code": 401,
        "message": "Unauthorized; scope does not match",
    }
    assert response.headers["x-failure-category"] == "FAILURE_CLIENT_SCOPE_CHECK"


def test_granular_scopes_open_v1_too() -> None:
    with calling(scopes="read:content-details:confluence") as caller:
        search = caller.get("/rest/api/content/search", cql="type=page")
        groups = caller.get("/rest/api/group")

    assert (search.status_code, groups.status_code) == (200, 401)


def test_an_operation_may_need_two_granular_scopes() -> None:
    path = "/rest/api/group/anything/membersByGroupId"
    with calling(scopes="read:group:confluence") as caller:
        one = caller.get(path).status_code
    with calling(scopes="read:group:confluence read:user:confluence") as caller:
        two = caller.get(path).status_code

    assert (one, two) == (401, 200)


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer made-up"}])
def test_without_a_good_token_nothing_is_served(
    acme: Caller, header: dict[str, str]
) -> None:
    url = f"{acme.running.api_url}{acme.url('/rest/api/user/current')}"

    response = httpx.get(url, headers=header, verify=PLAIN)

    assert (response.status_code, response.json()["code"]) == (401, 401)


def test_a_site_outside_the_consent_does_not_know_the_app(acme: Caller) -> None:
    response = acme.http.get("/ex/confluence/another/wiki/rest/api/user/current")

    assert response.status_code == 403
    assert response.json()["message"] == "The app is not installed on this instance"


def test_an_uninstalled_app_loses_the_site_and_keeps_its_token() -> None:
    with calling() as caller:
        caller.running.oauth.forget_site(caller.cloud_id)

        sites = caller.http.get("/oauth/token/accessible-resources")
        call = caller.get("/rest/api/user/current")

    assert (sites.status_code, sites.json()) == (200, [])
    assert call.status_code == 403


def test_expired_tokens_can_be_refreshed() -> None:
    with calling(CloudSite(demo_site()), CURRENT) as caller:
        caller.running.oauth.expire_access_tokens()
        before = caller.get("/rest/api/user/current")
        fresh = tokens_of(caller.running)["access_token"]
        caller.http.headers["Authorization"] = f"Bearer {fresh}"
        after = caller.get("/rest/api/user/current")

    assert (before.status_code, after.status_code) == (401, 200)


def test_who_consents_is_the_current_user() -> None:
    with calling() as caller:
        victor = "712020:c6d72e4a-victor-hale"
        token = tokens_of(caller.running, account=victor)["access_token"]
        caller.http.headers["Authorization"] = f"Bearer {token}"

        assert caller.json("/rest/api/user/current")["accountId"] == victor
