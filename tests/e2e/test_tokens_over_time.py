"""Tokens run out, consents die, secrets and keys change: what an operator sees."""

from collections.abc import Iterator

import pytest
from cryptography.fernet import Fernet

from casb_sdk.cloud import (
    CloudOptions,
    CloudSite,
    Consent,
    OAuthApp,
    RunningCloud,
    SimulatedCloud,
)
from casb_sdk.cloud.demo_site import demo_site
from tests.e2e.conftest import ACME
from tests.e2e.operator import Ended, Operator, accept

REFRESH = "POST /oauth/token"
WRONG = "not the secret"


@pytest.fixture
def cloud() -> Iterator[RunningCloud]:
    """A cloud of the test's own, whose tokens live for a quarter of an hour."""
    options = CloudOptions(consent=Consent.ACCEPT, access_token_life=900)
    with SimulatedCloud([CloudSite(demo_site())], options=options).running() as cloud:
        yield cloud


@pytest.fixture
def connected(operator: Operator, cloud: RunningCloud) -> Operator:
    """An operator whose site is connected, and whose access token has run out."""
    operator.connected_to(cloud)
    assert operator.casb("install", browse=accept).code == 0
    cloud.oauth.expire_access_tokens()
    cloud.ledger.reset()
    return operator


def rows(ended: Ended, check: str) -> list[dict[str, str]]:
    return [row for row in ended.json if row["check"] == check]


def state(operator: Operator) -> str:
    [site] = operator.casb("sites", "--json").json
    return str(site["state"])


def test_a_dead_consent_is_asked_about_once_and_told_with_its_site(
    connected: Operator, cloud: RunningCloud
) -> None:
    cloud.oauth.revoke()

    first = connected.casb("scan", ACME)
    asked = cloud.ledger.calls[REFRESH]
    second = connected.casb("scan", ACME)

    assert (first.code, second.code) == (3, 3)
    assert ACME in first.said
    assert f"casb install --site {ACME}" in first.said
    assert state(connected) == "reauth_required"
    assert asked == cloud.ledger.calls[REFRESH] == 1


def test_the_self_check_finds_a_dead_consent_by_itself(
    connected: Operator, cloud: RunningCloud
) -> None:
    cloud.oauth.revoke()

    ended = connected.casb("doctor", "--json")

    [dead] = rows(ended, "consents")
    assert (dead["health"], ended.code) == ("failed", 1)
    assert ACME in dead["message"]
    assert state(connected) == "reauth_required"


def test_a_wrong_secret_is_an_alarm_and_the_right_one_ends_it(
    connected: Operator, cloud: RunningCloud
) -> None:
    for _ in range(3):
        ended = connected.casb("scan", ACME, ATLASSIAN_CLIENT_SECRET=WRONG)
        assert ended.code == 2
        assert "CASB_ATLASSIAN_CLIENT_SECRET" in ended.said
    assert cloud.ledger.calls[REFRESH] == 1
    assert state(connected) == "active"

    wrong = connected.casb("doctor", "--json", ATLASSIAN_CLIENT_SECRET=WRONG)
    right = connected.casb("doctor", "--json")

    assert [row["health"] for row in rows(wrong, "OAuth app")] == ["failed"]
    assert [row["health"] for row in rows(wrong, "alarms")] == ["warning"]
    assert {row["health"] for row in right.json} == {"ok"}
    assert connected.casb("scan", ACME).code == 0


def test_a_call_back_that_the_console_does_not_know_is_told(
    operator: Operator,
) -> None:
    console = OAuthApp(redirect_uris=("https://casb.example/oauth/callback",))
    cloud = SimulatedCloud([CloudSite(demo_site())], [console])
    with cloud.running() as running:
        ended = operator.connected_to(running).casb("doctor", "--json")

    [wrong] = rows(ended, "call-back")
    assert wrong["health"] == "failed"
    assert f"{operator.settings['PUBLIC_URL']}/oauth/callback" in wrong["message"]


def test_after_a_rotation_the_new_key_alone_is_enough(connected: Operator) -> None:
    old, new = connected.settings["TOKEN_KEYS"], Fernet.generate_key().decode()

    rotated = connected.casb("keys", "rotate", "--json", TOKEN_KEYS=f"{new},{old}")

    assert rotated.json["encrypted_anew"] == 1
    assert rotated.json["keys_no_longer_needed"] == [2]
    assert connected.casb("scan", ACME, TOKEN_KEYS=new).code == 0
    assert connected.casb("scan", ACME).code == 2
