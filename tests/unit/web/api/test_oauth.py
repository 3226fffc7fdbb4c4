"""Tokens by client credentials: how to get one, how long it works, how it ends."""

import logging
from datetime import timedelta

import pytest
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata
from werkzeug.test import TestResponse

from connector.domain.client import Scope
from connector.use_cases.manage_clients import Issued
from tests.unit.web.api.export_world import (
    ACME,
    CHANGES,
    PUBLIC_URL,
    ExportWorld,
    basic,
    bearer,
)

GRANT = {"grant_type": "client_credentials"}


@pytest.fixture
def siem(world: ExportWorld) -> Issued:
    return world.client(ACME)


def secrets_of(issued: Issued) -> dict[str, str]:
    return {"client_id": issued.client.id, "client_secret": issued.oauth_secret}


def ask(world: ExportWorld, form: dict[str, str], **rest: object) -> TestResponse:
    return world.web.post("/oauth/token", data=form, base_url=PUBLIC_URL, **rest)


def revoke(world: ExportWorld, issued: Issued, token: str) -> TestResponse:
    form = {"token": token, **secrets_of(issued)}
    return world.web.post("/oauth/revoke", data=form, base_url=PUBLIC_URL)


@pytest.mark.parametrize("way", ["form", "basic"])
def test_a_token_is_given_for_a_secret_in_the_form_or_by_basic(
    world: ExportWorld, siem: Issued, way: str
) -> None:
    if way == "form":
        answer = ask(world, GRANT | secrets_of(siem))
    else:
        headers = basic(siem.client.id, siem.oauth_secret)
        answer = ask(world, GRANT, headers=headers)

    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    token = answer.get_json()
    assert token["token_type"] == "Bearer"
    assert token["expires_in"] == 3600
    assert set(token["scope"].split()) == set(Scope)
    headers = bearer(token["access_token"])
    assert world.get(CHANGES, headers=headers).status_code == 200


def test_a_token_works_for_an_hour(world: ExportWorld, siem: Issued) -> None:
    headers = bearer(world.token(siem))

    world.clock.turn(minutes=59, seconds=59)
    assert world.get(CHANGES, headers=headers).status_code == 200
    world.clock.turn(seconds=1)
    assert world.get(CHANGES, headers=headers).status_code == 401


def test_a_token_does_not_outlive_its_secret(world: ExportWorld) -> None:
    issued = world.client(expires_in=timedelta(minutes=10))

    answer = ask(world, GRANT | secrets_of(issued))

    assert answer.get_json()["expires_in"] == 600


def test_a_token_can_have_fewer_scopes(world: ExportWorld, siem: Issued) -> None:
    headers = bearer(world.token(siem, "sites:read"))

    assert world.get("/api/v1/sites", headers=headers).status_code == 200
    assert world.get(CHANGES, headers=headers).status_code == 403


@pytest.mark.parametrize("scope", ["export:admin", "everything", "sites:read more"])
def test_a_scope_that_the_client_lacks_is_refused(
    world: ExportWorld, scope: str
) -> None:
    issued = world.client(scopes=frozenset({Scope.SITES_READ}))

    answer = ask(world, GRANT | secrets_of(issued) | {"scope": scope})

    assert answer.status_code == 400
    assert answer.get_json()["error"] == "invalid_scope"


@pytest.mark.parametrize("wrong", ["casbs_x_y", "", "casb", "é"])
def test_a_wrong_secret_and_an_unknown_client_look_alike(
    world: ExportWorld, siem: Issued, wrong: str
) -> None:
    known = ask(world, GRANT | {"client_id": siem.client.id, "client_secret": wrong})
    unknown = ask(world, GRANT | {"client_id": "nobody", "client_secret": wrong})

    assert known.status_code == unknown.status_code == 401
    assert known.get_json()["error"] == "invalid_client"
    assert known.get_json() == unknown.get_json()


def test_an_api_key_is_no_secret_and_a_secret_no_api_key(
    world: ExportWorld, siem: Issued
) -> None:
    form = GRANT | {"client_id": siem.client.id, "client_secret": siem.api_key}

    assert ask(world, form).status_code == 401
    headers = bearer(siem.oauth_secret)
    assert world.get(CHANGES, headers=headers).status_code == 401


def test_the_secret_of_another_client_is_refused(
    world: ExportWorld, siem: Issued
) -> None:
    other = world.client(ACME)
    form = {"client_id": siem.client.id, "client_secret": other.oauth_secret}

    assert ask(world, GRANT | form).status_code == 401


def test_other_grants_are_refused(world: ExportWorld, siem: Issued) -> None:
    answer = ask(world, {"grant_type": "password"} | secrets_of(siem))

    assert answer.status_code == 400
    assert answer.get_json()["error"] == "unsupported_grant_type"


def test_two_secrets_work_while_one_is_replaced(
    world: ExportWorld, siem: Issued
) -> None:
    world.clock.turn(days=1)
    second = world.clients.rotate(siem.client.name)
    assert world.token(siem)
    assert world.token(second)

    world.clock.turn(days=1)
    third = world.clients.rotate(siem.client.name)

    assert ask(world, GRANT | secrets_of(siem)).status_code == 401
    assert world.get(CHANGES, siem).status_code == 401
    for issued in (second, third):
        assert world.token(issued)
        assert world.get(CHANGES, issued).status_code == 200


def test_a_token_ends_when_its_client_revokes_it(
    world: ExportWorld, siem: Issued
) -> None:
    token = world.token(siem)

    assert revoke(world, siem, token).status_code == 200

    assert world.get(CHANGES, headers=bearer(token)).status_code == 401
    assert revoke(world, siem, token).status_code == 200
    assert revoke(world, siem, "casbt_unknown").status_code == 200


def test_a_token_of_another_client_cannot_be_revoked(
    world: ExportWorld, siem: Issued
) -> None:
    token = world.token(siem)

    answer = revoke(world, world.client(ACME), token)

    assert answer.status_code == 400
    assert world.get(CHANGES, headers=bearer(token)).status_code == 200


def test_a_token_ends_with_the_secret_it_was_given_for(
    world: ExportWorld, siem: Issued
) -> None:
    token = world.token(siem)

    world.clients.rotate(siem.client.name, at_once=True)

    assert world.get(CHANGES, headers=bearer(token)).status_code == 401


def test_the_metadata_is_what_the_standard_wants(world: ExportWorld) -> None:
    document = world.get("/.well-known/oauth-authorization-server").get_json()

    AuthorizationServerMetadata(document).validate()
    assert document["issuer"] == PUBLIC_URL
    assert document["token_endpoint"] == f"{PUBLIC_URL}/oauth/token"


def test_a_credential_works_from_its_addresses_alone(world: ExportWorld) -> None:
    issued = world.client(addresses=("192.0.2.0/24", "2001:db8::/32"))

    for address, status in (
        ("192.0.2.7", 200),
        ("198.51.100.1", 401),
        ("2001:db8::1", 200),
        ("::ffff:192.0.2.9", 200),
        ("", 401),
    ):
        environ = {"REMOTE_ADDR": address}
        answer = world.get(CHANGES, issued, environ_overrides=environ)
        assert (address, answer.status_code) == (address, status)


def test_no_secret_and_no_token_is_ever_logged(
    world: ExportWorld, siem: Issued, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        token = world.token(siem)
        world.get(CHANGES, headers=bearer(token))
        world.get(CHANGES, siem)
        revoke(world, siem, token)

    for secret in (token, siem.api_key, siem.oauth_secret):
        assert secret not in caplog.text
        assert secret not in repr(siem)
    assert siem.api_key.encode() not in world.path.read_bytes()
