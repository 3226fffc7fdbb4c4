"""Consent and codes: what the connector's installation meets."""

import base64
import hashlib
from collections.abc import Iterator

import httpx
import pytest

from casb_sdk.cloud import (
    CloudSite,
    OAuthApp,
    RunningCloud,
    SimulatedCloud,
)
from casb_sdk.cloud.demo_site import demo_site
from sdk.tests.cloud.caller import (
    APP,
    CURRENT,
    PLAIN,
    answer_of,
    by_code,
    consent,
    redeem,
    tokens_of,
)


@pytest.fixture
def running() -> Iterator[RunningCloud]:
    with SimulatedCloud([CloudSite(demo_site())], [APP]).running() as running:
        yield running


def test_accepting_comes_back_with_a_code_and_the_state(running: RunningCloud) -> None:
    response = consent(running)

    assert response.status_code == 302
    assert answer_of(response).keys() == {"code", "state"}
    assert answer_of(response)["state"] == "of-mind"


def test_a_person_sees_a_page_with_the_scopes_and_two_buttons(
    running: RunningCloud,
) -> None:
    page = consent(running, auto_consent="ask")

    assert page.status_code == 200
    assert "search:confluence" in page.text
    assert 'value="accept"' in page.text
    assert 'value="refuse"' in page.text


def test_the_form_of_the_page_leads_to_a_code(running: RunningCloud) -> None:
    form = {
        "audience": "api.atlassian.com",
        "client_id": "client",
        "scope": "search:confluence",
        "redirect_uri": APP.redirect_uris[0],
        "response_type": "code",
        "auto_consent": "accept",
    }

    response = httpx.post(f"{running.auth_url}/authorize", data=form, verify=PLAIN)

    assert "code" in answer_of(response)


def test_cancelling_comes_back_with_an_error(running: RunningCloud) -> None:
    answer = answer_of(consent(running, auto_consent="refuse"))

    assert answer["error"] == "access_denied"
    assert answer["state"] == "of-mind"


@pytest.mark.parametrize(
    "wrong",
    [
        {"client_id": "somebody"},
        {"redirect_uri": "http://127.0.0.1:1/elsewhere"},
        {"audience": "other.example"},
        {"response_type": "token"},
        {"scopes": ""},
    ],
)
def test_a_wrong_request_gets_a_page_and_never_a_redirect(
    running: RunningCloud, wrong: dict[str, str]
) -> None:
    response = consent(running, **wrong)

    assert response.status_code == 400
    assert "location" not in response.headers


def test_a_scope_the_console_does_not_have_is_refused() -> None:
    app = OAuthApp("client", "secret", (APP.redirect_uris[0],), ("read:me",))
    with SimulatedCloud([CloudSite(demo_site())], [app]).running() as running:
        assert consent(running, "read:me search:confluence").status_code == 400
        assert consent(running, "read:me offline_access").status_code == 302


def test_a_code_gives_a_pair_of_tokens(running: RunningCloud) -> None:
    tokens = tokens_of(running)

    assert tokens["expires_in"] == 3600
    assert tokens["token_type"] == "Bearer"
    assert tokens["refresh_token"]
    assert set(tokens["scope"].split()) == set(CURRENT.split())


def test_a_form_does_as_well_as_json(running: RunningCloud) -> None:
    code = answer_of(consent(running))["code"]
    form = by_code(code) | {"client_id": "client", "client_secret": "secret"}

    response = httpx.post(f"{running.auth_url}/oauth/token", data=form, verify=PLAIN)

    assert response.json()["access_token"]


def test_a_code_works_once(running: RunningCloud) -> None:
    code = answer_of(consent(running))["code"]

    first, second = redeem(running, by_code(code)), redeem(running, by_code(code))

    assert first.status_code == 200
    assert second.status_code == 403
    assert second.json()["error"] == "invalid_grant"


def test_a_code_is_bound_to_its_redirect_uri(running: RunningCloud) -> None:
    code = answer_of(consent(running))["code"]

    response = redeem(running, by_code(code, redirect_uri="http://127.0.0.1:1/other"))

    assert response.status_code == 403


def test_an_expired_consent_gives_a_code_that_is_worth_nothing(
    running: RunningCloud,
) -> None:
    code = answer_of(consent(running, auto_consent="expire"))["code"]

    assert redeem(running, by_code(code)).status_code == 403


def test_a_challenge_wants_its_verifier(running: RunningCloud) -> None:
    verifier = "v" * 43
    digest = hashlib.sha256(verifier.encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

    def code() -> str:
        return answer_of(
            consent(running, code_challenge=challenge, code_challenge_method="S256")
        )["code"]

    assert redeem(running, by_code(code())).status_code == 403
    assert redeem(running, by_code(code(), code_verifier="w" * 43)).status_code == 403
    assert redeem(running, by_code(code(), code_verifier=verifier)).status_code == 200


def test_a_wrong_secret_is_an_alarm_of_its_own(running: RunningCloud) -> None:
    body = by_code("any") | {"client_secret": "guess"}

    response = redeem(running, body)

    assert response.status_code == 401
    assert response.json() == {
        "error": "access_denied",
        "error_description": "Unauthorized",
    }
