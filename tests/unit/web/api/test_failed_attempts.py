"""Whoever sends credentials that do not work has to slow down."""

from ipaddress import ip_address

import pytest
from werkzeug.test import TestResponse

from connector.use_cases import failed_attempts
from connector.use_cases.failed_attempts import FailedAttempts
from connector.use_cases.manage_clients import Issued
from tests.unit.web.api.export_world import (
    ACME,
    CHANGES,
    NOW,
    PUBLIC_URL,
    ExportWorld,
    bearer,
)

LIMIT = failed_attempts.LIMIT.requests
WRONG = "casb_0000_wrong"


@pytest.fixture
def siem(world: ExportWorld) -> Issued:
    return world.client(ACME)


def fail(world: ExportWorld, address: str = "192.0.2.1") -> TestResponse:
    environment = {"REMOTE_ADDR": address}
    return world.get(CHANGES, headers=bearer(WRONG), environ_overrides=environment)


def fail_at_the_token_endpoint(world: ExportWorld, issued: Issued) -> TestResponse:
    form = {
        "grant_type": "client_credentials",
        "client_id": issued.client.id,
        "client_secret": "casbs_0000_wrong",
    }
    environment = {"REMOTE_ADDR": "192.0.2.1"}
    return world.web.post(
        "/oauth/token", data=form, base_url=PUBLIC_URL, environ_overrides=environment
    )


def test_after_so_many_failures_an_address_is_told_to_wait(world: ExportWorld) -> None:
    statuses = {fail(world).status_code for _ in range(LIMIT)}

    refused = fail(world)

    assert statuses == {401}
    assert refused.status_code == 429
    assert refused.headers["Retry-After"] == "60"
    assert refused.get_json()["type"] == "urn:casb:problem:rate-limited"
    assert "failed attempts" in refused.get_json()["detail"]


def test_after_a_minute_it_may_fail_again(world: ExportWorld) -> None:
    for _ in range(LIMIT + 1):
        fail(world)

    world.clock.turn(seconds=60)

    assert fail(world).status_code == 401


def test_nobody_else_has_to_wait(world: ExportWorld, siem: Issued) -> None:
    for _ in range(LIMIT + 1):
        fail(world)
    same_address = {"REMOTE_ADDR": "192.0.2.1"}

    assert fail(world, "192.0.2.2").status_code == 401
    answer = world.get(CHANGES, siem, environ_overrides=same_address)
    assert answer.status_code == 200


def test_wrong_secrets_for_tokens_count_too(world: ExportWorld, siem: Issued) -> None:
    statuses = {
        fail_at_the_token_endpoint(world, siem).status_code for _ in range(LIMIT)
    }

    assert statuses == {401}
    assert fail_at_the_token_endpoint(world, siem).status_code == 429
    assert fail(world).status_code == 429


def test_a_failure_writes_nothing(world: ExportWorld) -> None:
    log = world.path.with_name(f"{world.path.name}-wal")
    world.client()
    before = log.read_bytes()

    fail(world)

    assert log.read_bytes() == before


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("2001:db8::1", "2001:db8::2:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("fe80::1%eth0", "fe80::2%eth1", True),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
        ("192.0.2.1", "192.0.2.2", False),
        ("", "", True),
    ],
)
def test_a_network_that_one_holder_has_counts_as_one(
    one: str, other: str, *, is_same: bool
) -> None:
    attempts = FailedAttempts()
    attempts.count(one, NOW)

    assert attempts.count(other, NOW).used == (2 if is_same else 1)


def test_no_number_of_addresses_fills_the_memory() -> None:
    attempts = FailedAttempts()
    first = int(ip_address("10.0.0.0"))

    for number in range(failed_attempts.MOST_ADDRESSES + 1):
        attempts.count(str(ip_address(first + number)), NOW)

    assert attempts.count("10.0.0.1", NOW).used == 2
    assert attempts.count("10.0.0.0", NOW).used == 1
