"""What a refresh sends to Atlassian, and what each of its answers means."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import requests
import responses

from connector.atlassian.tokens import RefreshOverHttp
from connector.domain.errors import (
    AtlassianError,
    AtlassianUnavailableError,
    CredentialsError,
    DeadGrantError,
)
from connector.domain.installation import TokenPair
from tests.unit.web.oauth_world import APP, GOOD, NOW, TOKEN_URL

OLD = TokenPair("old-access", "old-refresh", NOW + timedelta(hours=1))


@pytest.fixture
def atlassian() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mock:
        yield mock


def refresh(pair: TokenPair = OLD) -> TokenPair:
    return RefreshOverHttp(APP, lambda: NOW).refresh(pair)


def refused(expected: type[Exception]) -> AtlassianUnavailableError:
    """Refresh, and return the error, whose type has to be the very one."""
    with pytest.raises(expected) as caught:
        refresh()
    assert type(caught.value) is expected
    for secret in ("old-refresh", "old-access", APP.client_secret):
        assert secret not in f"{caught.value!r} {caught.value}"
    error: Any = caught.value
    found: AtlassianUnavailableError = error
    return found


def test_a_refresh_sends_what_the_documentation_asks(
    atlassian: responses.RequestsMock,
) -> None:
    atlassian.post(TOKEN_URL, json=GOOD)

    pair = refresh()

    assert json.loads(atlassian.calls[0].request.body or "") == {
        "grant_type": "refresh_token",
        "client_id": "client",
        "client_secret": "hush",
        "refresh_token": "old-refresh",
    }
    assert pair.refresh_token == "fresh-refresh"
    assert pair.expires_at == NOW + timedelta(hours=1)


def test_an_answer_without_a_refresh_token_keeps_the_old_one(
    atlassian: responses.RequestsMock,
) -> None:
    answer = {k: v for k, v in GOOD.items() if k not in {"refresh_token", "scope"}}
    atlassian.post(TOKEN_URL, json=answer)
    old = replace(OLD, scopes=frozenset({"search:confluence"}))

    pair = refresh(old)

    assert pair.refresh_token == "old-refresh"
    assert pair.scopes == old.scopes


@pytest.mark.parametrize(
    ("life", "seconds"), [(7200, 7200), ("1800", 1800), (None, 600), ("soon", 600)]
)
def test_how_long_a_token_lives_is_read_and_never_assumed(
    atlassian: responses.RequestsMock, life: object, seconds: int
) -> None:
    atlassian.post(TOKEN_URL, json=GOOD | {"expires_in": life})

    assert refresh().expires_at == NOW + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (403, {"error": "unauthorized_client"}, DeadGrantError),
        (403, {"error": "invalid_grant"}, DeadGrantError),
        (400, {"error": "invalid_grant"}, DeadGrantError),
        (401, {"error": "access_denied"}, CredentialsError),
        (401, {"error": "invalid_client"}, CredentialsError),
        (401, {"error": "unauthorized_client"}, CredentialsError),
        (403, {"error": "something_else"}, AtlassianError),
        (403, {"error": ["odd"]}, AtlassianError),
        (429, {"error": "slow_down"}, AtlassianUnavailableError),
        (500, {"error": "invalid_grant"}, AtlassianUnavailableError),
        (503, {}, AtlassianUnavailableError),
        (200, {"expires_in": 3600}, AtlassianUnavailableError),
        (200, ["no", "object"], AtlassianUnavailableError),
    ],
)
def test_every_answer_has_its_meaning(
    atlassian: responses.RequestsMock,
    status: int,
    body: object,
    expected: type[Exception],
) -> None:
    atlassian.post(TOKEN_URL, json=body, status=status)

    refused(expected)


@pytest.mark.parametrize("status", [200, 401, 403, 502])
def test_a_page_of_somebody_else_means_try_again(
    atlassian: responses.RequestsMock, status: int
) -> None:
    atlassian.post(TOKEN_URL, body="<html>old-refresh hush</html>", status=status)

    refused(AtlassianUnavailableError)


def test_a_token_follows_no_redirect(atlassian: responses.RequestsMock) -> None:
    atlassian.post(
        TOKEN_URL, status=307, headers={"Location": "https://elsewhere.example/"}
    )

    refused(AtlassianUnavailableError)


@pytest.mark.parametrize(
    "error",
    [
        requests.ConnectionError("reset by old-refresh"),
        requests.ReadTimeout("hush"),
        requests.exceptions.SSLError("no"),
        requests.exceptions.ProxyError("no"),
        requests.exceptions.ChunkedEncodingError("cut"),
    ],
)
def test_a_connection_that_breaks_means_try_again(
    atlassian: responses.RequestsMock, error: requests.RequestException
) -> None:
    atlassian.post(TOKEN_URL, body=error)

    refused(AtlassianUnavailableError)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("30", 30.0),
        ("Mon, 23 Nov 2026 09:00:30 GMT", 30.0),
        ("", None),
        ("tomorrow", None),
    ],
)
def test_how_long_to_wait_is_passed_on(
    atlassian: responses.RequestsMock, header: str, seconds: float | None
) -> None:
    atlassian.post(TOKEN_URL, status=429, headers={"Retry-After": header})

    assert refused(AtlassianUnavailableError).retry_after == seconds


def test_an_error_that_carries_a_secret_is_not_repeated(
    atlassian: responses.RequestsMock,
) -> None:
    atlassian.post(TOKEN_URL, json={"error": "bad token old-refresh"}, status=400)

    refused(AtlassianError)
