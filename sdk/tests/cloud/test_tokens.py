"""Rotation, leeway, idle tokens, and what a token reaches."""

from collections.abc import Iterator

import httpx
import pytest

from casb_sdk.cloud import CloudOptions, CloudSite, RunningCloud, SimulatedCloud
from casb_sdk.cloud.demo_site import demo_site
from casb_sdk.cloud.generator import generate_site
from sdk.tests.cloud.caller import APP, PLAIN, by_refresh, redeem, tokens_of

DAY = 86_400
ROTATED_OUT = {
    "error": "unauthorized_client",
    "error_description": "refresh_token is invalid",
}


@pytest.fixture
def running() -> Iterator[RunningCloud]:
    with SimulatedCloud([CloudSite(demo_site())], [APP]).running() as running:
        yield running


def sites_of(running: RunningCloud, token: str) -> httpx.Response:
    return httpx.get(
        f"{running.api_url}/oauth/token/accessible-resources",
        headers={"Authorization": f"Bearer {token}"},
        verify=PLAIN,
    )


def test_refreshing_rotates_the_refresh_token(running: RunningCloud) -> None:
    first = tokens_of(running)

    second = redeem(running, by_refresh(first["refresh_token"])).json()

    assert second["refresh_token"] != first["refresh_token"]
    assert sites_of(running, second["access_token"]).status_code == 200


def test_a_rotated_token_works_again_within_the_leeway(running: RunningCloud) -> None:
    first = tokens_of(running)
    redeem(running, by_refresh(first["refresh_token"]))

    running.clock.advance(599)
    again = redeem(running, by_refresh(first["refresh_token"]))

    assert again.status_code == 200
    assert sites_of(running, again.json()["access_token"]).status_code == 200


def test_reuse_after_the_leeway_kills_the_family(running: RunningCloud) -> None:
    first = tokens_of(running)
    second = redeem(running, by_refresh(first["refresh_token"])).json()

    running.clock.advance(601)
    reused = redeem(running, by_refresh(first["refresh_token"]))
    after = redeem(running, by_refresh(second["refresh_token"]))

    assert (reused.status_code, reused.json()) == (403, ROTATED_OUT)
    assert (after.status_code, after.json()["error"]) == (403, "invalid_grant")
    assert sites_of(running, second["access_token"]).status_code == 401


def test_an_access_token_dies_with_its_refresh_token(running: RunningCloud) -> None:
    first = tokens_of(running)
    redeem(running, by_refresh(first["refresh_token"]))

    before = sites_of(running, first["access_token"])
    running.clock.advance(601)
    after = sites_of(running, first["access_token"])

    assert (before.status_code, after.status_code) == (200, 401)


def test_an_access_token_lives_an_hour(running: RunningCloud) -> None:
    token = tokens_of(running)["access_token"]

    running.clock.advance(3601)

    assert sites_of(running, token).status_code == 401


def test_ninety_idle_days_are_too_many(running: RunningCloud) -> None:
    first = tokens_of(running)
    running.clock.advance(89 * DAY)
    second = redeem(running, by_refresh(first["refresh_token"])).json()

    running.clock.advance(90 * DAY)
    late = redeem(running, by_refresh(second["refresh_token"]))

    assert late.status_code == 403
    assert late.json()["error"] == "invalid_grant"


def test_without_offline_access_there_is_no_refresh_token(
    running: RunningCloud,
) -> None:
    assert "refresh_token" not in tokens_of(running, "read:me")


def test_a_revoked_consent_is_worth_nothing(running: RunningCloud) -> None:
    tokens = tokens_of(running)

    running.oauth.revoke()

    assert sites_of(running, tokens["access_token"]).status_code == 401
    assert redeem(running, by_refresh(tokens["refresh_token"])).status_code == 403


def test_the_sites_come_with_the_confluence_scopes(running: RunningCloud) -> None:
    [site] = sites_of(running, tokens_of(running)["access_token"]).json()

    assert site["url"] == "https://acme.atlassian.example"
    assert "search:confluence" in site["scopes"]
    assert "offline_access" not in site["scopes"]


def test_a_later_consent_overrides_the_scopes_of_the_first(
    running: RunningCloud,
) -> None:
    first = tokens_of(running)

    tokens_of(running, "read:space:confluence offline_access")

    [site] = sites_of(running, first["access_token"]).json()
    assert site["scopes"] == ["read:space:confluence"]


def test_the_profile_needs_its_scope(running: RunningCloud) -> None:
    def me(scopes: str) -> httpx.Response:
        token = tokens_of(running, scopes)["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        return httpx.get(f"{running.api_url}/me", headers=headers, verify=PLAIN)

    assert me("search:confluence").status_code == 401
    assert me("read:me").json()["name"] == "Mara Lindqvist"


def two_sites(*, resource_level: bool) -> SimulatedCloud:
    return SimulatedCloud(
        [CloudSite(demo_site()), CloudSite(generate_site(3, 20))],
        [APP],
        CloudOptions(resource_level_consent=resource_level, jira_container=True),
    )


def test_one_consent_can_reach_several_sites() -> None:
    with two_sites(resource_level=False).running() as running:
        rows = sites_of(running, tokens_of(running)["access_token"]).json()

    # Each site is listed twice: once for Jira, once for Confluence.
    assert len(rows) == 4
    assert len({row["id"] for row in rows}) == 2


def test_a_consent_for_one_site_does_not_widen_an_older_one() -> None:
    account = {"account": "somebody"}
    with two_sites(resource_level=True).running() as running:
        first, second = list(running.cloud.sites)
        older = tokens_of(running, sites=first, **account)
        newer = tokens_of(running, sites=second, **account)

        reached = [
            {row["id"] for row in sites_of(running, t["access_token"]).json()}
            for t in (older, newer)
        ]

    assert reached == [{first}, {second}]


def test_closed_accounts_are_reported(running: RunningCloud) -> None:
    token = tokens_of(running, "report:personal-data")["access_token"]
    ids = ["712020:93e94f17-ruth-cohen", "712020:0a4e7c1d-mara-lindqvist"]
    body = {"accounts": [{"accountId": id_, "updatedAt": "2026-01-01"} for id_ in ids]}

    response = httpx.post(
        f"{running.api_url}/app/report-accounts/",
        json=body,
        headers={"Authorization": f"Bearer {token}"},
        verify=PLAIN,
    )

    assert response.json() == {"accounts": [{"accountId": ids[0], "status": "closed"}]}
    assert response.headers["cycle-period"] == "P7D"


def test_a_guest_may_consent_and_reaches_nothing(running: RunningCloud) -> None:
    nina = "712020:b5c61d39-nina-falk"

    token = tokens_of(running, account=nina)["access_token"]

    assert sites_of(running, token).json() == []
