"""`casb serve`: what it refuses to start with, and how it ends."""

import os
import signal
import time

import httpx
import pytest

from tests.e2e.conftest import StartCloud
from tests.e2e.operator import Operator, accept
from tests.e2e.serving import casb_serve, sign_in
from tests.e2e.working import owner_of_the_work
from tests.fakes.commands import as_installed
from tests.fakes.plain_http import plain_client
from tests.unit.web.api.export_world import CHANGES

PASSWORD = "a long password of a test"


def test_the_administrator_is_made_once(operator: Operator) -> None:
    first = operator.casb("migrate", "--json", ADMIN_PASSWORD=PASSWORD).json
    second = operator.casb("migrate", "--json", ADMIN_PASSWORD="another").json

    assert first["admin_created"]
    assert not second["admin_created"]


def test_without_a_migrated_database_nothing_is_served(
    operator: Operator, start_cloud: StartCloud
) -> None:
    operator.connected_to(start_cloud())

    ended = operator.casb("serve", DATABASE_URL="sqlite:///other.db")

    assert ended.code == 1
    assert "casb migrate" in ended.said


@pytest.mark.parametrize("name", ["SECRET_KEY", "TOKEN_KEYS", "ATLASSIAN_CLIENT_ID"])
def test_without_a_setting_nothing_is_served(
    name: str, operator: Operator, start_cloud: StartCloud
) -> None:
    operator.connected_to(start_cloud())
    operator.settings[name] = ""

    ended = operator.casb("serve")

    assert ended.code == 2
    assert f"CASB_{name} is not set." in ended.said


@pytest.mark.timeout(400)
def test_as_it_is_installed_it_serves_until_it_is_told_to_stop(
    operator: Operator, start_cloud: StartCloud
) -> None:
    operator.connected_to(start_cloud())
    operator.casb("migrate", ADMIN_PASSWORD=PASSWORD)

    with casb_serve(operator, start=as_installed) as served:
        url = served.public_url
        with plain_client(base_url=url) as browser:
            assert sign_in(browser, PASSWORD).headers["Location"] == "/"
            assert "No site is connected yet" in browser.get("/").text
        served.command.tell(signal.SIGTERM)
        code = served.command.wait(150)

    assert code == 0
    assert '"POST /login" 303' in served.said
    with plain_client() as client, pytest.raises(httpx.ConnectError):
        client.get(f"{url}/healthz")


@pytest.mark.timeout(400)
def test_it_ends_although_its_worker_was_killed_meanwhile(
    operator: Operator, start_cloud: StartCloud
) -> None:
    operator.connected_to(start_cloud())
    operator.casb("migrate", ADMIN_PASSWORD=PASSWORD)

    with casb_serve(operator) as served:
        until = time.monotonic() + 60
        while not (worker := owner_of_the_work(operator)):
            assert time.monotonic() < until
            time.sleep(0.1)
        os.kill(int(worker), signal.SIGKILL)
        served.command.tell(signal.SIGTERM)
        code = served.command.wait(60)

    assert code == 0


def test_consumers_are_answered_too_while_the_command_serves(
    operator: Operator, start_cloud: StartCloud
) -> None:
    operator.connected_to(start_cloud())
    answers: list[httpx.Response] = []

    def ask_for_changes_first(link: str) -> None:
        with plain_client() as consumer:
            answers.append(consumer.get(f"{operator.settings['PUBLIC_URL']}{CHANGES}"))
        accept(link)

    assert operator.casb("install", browse=ask_for_changes_first).code == 0
    [answer] = answers
    assert answer.status_code == 401
    assert answer.headers["Content-Type"] == "application/problem+json"
