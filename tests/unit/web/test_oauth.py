import base64
import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl

import pytest
import requests
import responses

from casb_sdk import Site
from connector.atlassian.oauth import SitesOverHttp
from connector.domain.consent import GrantedSite
from connector.domain.errors import (
    AtlassianError,
    AtlassianUnavailableError,
    ConsentError,
    CredentialsError,
    DeadGrantError,
    RefusedError,
    ScopeError,
)
from tests.unit.web.oauth_world import (
    API,
    APP,
    AUTH,
    CALLBACK,
    GOOD,
    NOW,
    TOKEN_URL,
    Browsing,
)

RESOURCES = f"{API}/oauth/token/accessible-resources"
CURRENT_USER = f"{API}/ex/confluence/acme-id/wiki/rest/api/user/current"


@pytest.fixture
def atlassian() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mock:
        yield mock


def token_request(atlassian: responses.RequestsMock) -> dict[str, str]:
    body = atlassian.calls[0].request.body
    return dict(parse_qsl(body.decode() if isinstance(body, bytes) else str(body)))


def test_the_browser_is_sent_to_atlassian_as_its_documentation_asks() -> None:
    asked = Browsing().start()

    assert asked | {"state": "", "code_challenge": ""} == {
        "audience": "api.atlassian.com",
        "client_id": "client",
        "scope": "search:confluence offline_access",
        "redirect_uri": CALLBACK,
        "response_type": "code",
        "prompt": "consent",
        "code_challenge_method": "S256",
        "state": "",
        "code_challenge": "",
    }
    assert len(asked["state"]) >= 20


def test_the_challenge_can_be_left_out() -> None:
    asked = Browsing(replace(APP, with_pkce=False)).start()

    assert not [name for name in asked if name.startswith("code_challenge")]


def test_the_code_is_exchanged_with_the_secret_in_the_body_and_the_verifier(
    atlassian: responses.RequestsMock,
) -> None:
    atlassian.post(TOKEN_URL, json=GOOD)
    browsing = Browsing()
    asked = browsing.start()

    browsing.come_back(asked["state"])

    sent = token_request(atlassian)
    digest = hashlib.sha256(sent.pop("code_verifier").encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    assert challenge == asked["code_challenge"]
    assert sent == {
        "grant_type": "authorization_code",
        "code": "code",
        "redirect_uri": CALLBACK,
        "client_id": "client",
        "client_secret": "hush",
    }
    assert "Authorization" not in atlassian.calls[0].request.headers


def test_the_tokens_expire_when_atlassian_says(
    atlassian: responses.RequestsMock,
) -> None:
    atlassian.post(TOKEN_URL, json=GOOD)
    browsing = Browsing()

    browsing.come_back(browsing.start()["state"])

    [pair] = browsing.redeemed
    assert (pair.access_token, pair.refresh_token) == ("fresh-access", "fresh-refresh")
    assert pair.expires_at == NOW + timedelta(hours=1)
    assert pair.scopes == {"offline_access", "search:confluence"}
    assert "fresh" not in repr(pair)


def test_each_attempt_is_known_by_its_own_state(
    atlassian: responses.RequestsMock,
) -> None:
    atlassian.post(TOKEN_URL, json=GOOD)
    browsing = Browsing()
    first, second = browsing.start("one"), browsing.start("two")

    browsing.come_back(first["state"])
    browsing.come_back(second["state"])

    assert browsing.attempts == ["one", "two"]


def test_another_browsers_state_is_nobodys_attempt() -> None:
    stranger, browsing = Browsing(), Browsing()
    state = stranger.start()["state"]
    browsing.start()

    assert browsing.come_back(state) == 500
    assert browsing.attempts == [""]


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        (
            {"json": {"error": "access_denied"}, "status": 401},
            CredentialsError,
            "CASB_ATLASSIAN_CLIENT_SECRET",
        ),
        (
            {"json": {"error": "invalid_grant"}, "status": 403},
            DeadGrantError,
            "no longer accepts",
        ),
        (
            {"json": {"error": "odd"}, "status": 400},
            AtlassianError,
            "answered 400 odd",
        ),
        ({"json": {}, "status": 503}, AtlassianUnavailableError, "answered 503"),
        ({"json": {}, "status": 429}, AtlassianUnavailableError, "answered 429"),
        ({"body": "<html>", "status": 200}, AtlassianUnavailableError, "not JSON"),
        ({"json": [], "status": 200}, AtlassianUnavailableError, "not JSON"),
        (
            {"json": {}, "status": 200},
            AtlassianUnavailableError,
            "no access token",
        ),
        (
            {"json": {"access_token": "a"}, "status": 200},
            ConsentError,
            "offline_access was not granted",
        ),
        (
            {"body": requests.ConnectionError("reset")},
            AtlassianUnavailableError,
            "auth.atlassian.example cannot be reached",
        ),
        (
            {"body": requests.ReadTimeout("slow")},
            AtlassianUnavailableError,
            "did not answer in time",
        ),
        (
            {"body": requests.exceptions.SSLError("bad")},
            AtlassianUnavailableError,
            "SSL_CERT_FILE",
        ),
        (
            {"body": requests.exceptions.ProxyError("no")},
            AtlassianUnavailableError,
            "HTTPS_PROXY",
        ),
    ],
)
def test_whatever_the_token_endpoint_does_becomes_one_sentence(
    atlassian: responses.RequestsMock,
    answer: dict[str, Any],
    error: type[Exception],
    words: str,
) -> None:
    atlassian.post(TOKEN_URL, **answer)
    browsing = Browsing()
    browsing.browser.application.testing = True
    state = browsing.start()["state"]

    with pytest.raises(error, match=words) as caught:
        browsing.come_back(state)

    assert type(caught.value) is error
    assert "hush" not in str(caught.value)


def test_a_site_listed_twice_is_one_site_with_all_its_scopes(
    atlassian: responses.RequestsMock,
) -> None:
    row = {"id": "acme-id", "name": "acme", "url": "https://acme.atlassian.example/"}
    atlassian.get(
        RESOURCES,
        json=[
            row | {"scopes": ["read:jira-work"]},
            row | {"scopes": ["search:confluence"]},
            {"name": "without an id"},
        ],
    )

    [granted] = SitesOverHttp(APP).granted("token")

    site = Site("acme-id", "https://acme.atlassian.example", "acme")
    scopes = frozenset({"read:jira-work", "search:confluence"})
    assert granted == GrantedSite(site, scopes)
    sent = atlassian.calls[0].request.headers["Authorization"]
    assert sent == "Bearer token"


@pytest.mark.parametrize("answer", [{"message": "Try later."}, None])
def test_an_answer_that_is_no_list_does_not_say_that_there_are_no_sites(
    atlassian: responses.RequestsMock, answer: object
) -> None:
    atlassian.get(RESOURCES, json=answer)

    with pytest.raises(AtlassianUnavailableError):
        SitesOverHttp(APP).granted("token")


def test_the_account_is_the_one_confluence_names(
    atlassian: responses.RequestsMock,
) -> None:
    atlassian.get(CURRENT_USER, json={"accountId": "mara"})

    assert SitesOverHttp(APP).account_id("token", "acme-id") == "mara"


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        (
            {"json": {"message": "Unauthorized; scope does not match"}, "status": 401},
            ScopeError,
            "lacks the scope read:confluence-user",
        ),
        ({"json": {}, "status": 403}, RefusedError, "with 403"),
        ({"json": {}, "status": 200}, RefusedError, "does not say who"),
        ({"json": {}, "status": 502}, AtlassianUnavailableError, "with 502"),
        ({"body": "<html>"}, AtlassianUnavailableError, "with no JSON"),
        (
            {"body": requests.ConnectionError()},
            AtlassianUnavailableError,
            "cannot be reached",
        ),
    ],
)
def test_whatever_confluence_does_becomes_one_sentence(
    atlassian: responses.RequestsMock,
    answer: dict[str, Any],
    error: type[Exception],
    words: str,
) -> None:
    atlassian.get(CURRENT_USER, **answer)

    with pytest.raises(error, match=words) as caught:
        SitesOverHttp(APP).account_id("secret-token", "acme-id")

    assert type(caught.value) is error
    assert "secret-token" not in str(caught.value)


def test_no_secret_is_in_the_text_of_the_app() -> None:
    assert "hush" not in repr(APP)
    assert AUTH in repr(APP)
