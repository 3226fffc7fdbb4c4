"""`casb doctor` tells apart what can be wrong, and says what to do about it."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any, cast

import pytest
import requests
import responses
from cryptography.fernet import Fernet

from casb_sdk import Site
from connector.domain.care import CREDENTIALS, Alarm
from connector.domain.installation import (
    Installation,
    InstallationState,
    TokenPair,
)
from connector.store.database import Database, utc_now
from tests.fakes.grants import grant_of
from tests.fakes.stores import migrate_file
from tests.unit.cli.conftest import Casb, Ended

AUTH = "https://auth.atlassian.example"
API = "https://api.atlassian.example"
TOKENS = f"{AUTH}/oauth/token"
PAGE = re.compile(f"{AUTH}/authorize.*")
SITES = f"{API}/oauth/token/accessible-resources"
KEY, OLDER = Fernet.generate_key().decode(), Fernet.generate_key().decode()
SETTINGS = {
    "SECRET_KEY": "signs the cookies of this test",
    "TOKEN_KEYS": KEY,
    "ATLASSIAN_CLIENT_ID": "client",
    "ATLASSIAN_CLIENT_SECRET": "hush",
    "ATLASSIAN_AUTH_URL": AUTH,
    "ATLASSIAN_API_URL": API,
}
PAIR = TokenPair("access", "refresh", utc_now() + timedelta(hours=1))
ACME = Installation("acme", Site("acme", "https://acme.atlassian.example"), "grant")
UNKNOWN_TOKEN = {"error": "unauthorized_client"}
Row = dict[str, str]


@pytest.fixture
def atlassian() -> Iterator[responses.RequestsMock]:
    """Atlassian in good order; a test puts something else in its place."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        mock.get(
            "http://localhost:8000/healthz", body=requests.ConnectionError("nobody")
        )
        mock.head(API, headers={"Date": format_datetime(utc_now())})
        mock.post(TOKENS, json=UNKNOWN_TOKEN, status=403)
        mock.get(PAGE, status=302, headers={"Location": "https://id.example/login"})
        mock.get(SITES, json=[])
        yield mock


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """A database with one site that is connected."""
    path = tmp_path / "casb.db"
    migrate_file(path)
    opened = Database.open(f"sqlite:///{path}", [KEY])
    with opened.begin() as stores:
        stores.grants.save(grant_of("grant", PAIR))
        stores.installations.save(ACME)
    yield opened
    opened.close()


def rows(ended: Ended) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in cast("list[dict[str, Any]]", ended.json):
        found.setdefault(row["check"], []).append(row)
    return found


def troubles(ended: Ended) -> list[tuple[str, str]]:
    return [
        (check, row["health"])
        for check, some in rows(ended).items()
        for row in some
        if row["health"] != "ok"
    ]


def doctor(casb: Casb, **settings: str) -> Ended:
    return casb("doctor", "--json", **SETTINGS | settings)


@pytest.mark.usefixtures("atlassian", "database")
def test_where_all_is_well_nothing_is_to_do(casb: Casb) -> None:
    ended = doctor(casb)

    assert troubles(ended) == []
    assert ended.code == 0
    [call_back] = rows(ended)["call-back"]
    assert "http://localhost:8000/oauth/callback" in call_back["message"]


@pytest.mark.usefixtures("database")
def test_a_wrong_secret_is_told_and_is_no_matter_of_the_sites(
    casb: Casb, atlassian: responses.RequestsMock
) -> None:
    atlassian.replace("POST", TOKENS, json={"error": "access_denied"}, status=401)

    ended = doctor(casb)

    assert troubles(ended) == [("OAuth app", "failed")]
    [secret] = rows(ended)["OAuth app"]
    assert "CASB_ATLASSIAN_CLIENT_SECRET" in secret["message"]
    assert "developer console" in secret["remedy"]
    assert ended.code == 1


@pytest.mark.usefixtures("atlassian")
def test_the_right_secret_ends_the_alarm_about_a_wrong_one(
    casb: Casb, database: Database
) -> None:
    with database.begin() as stores:
        stores.alarms.raise_(Alarm(CREDENTIALS, "It is wrong.", "Copy it.", utc_now()))

    ended = doctor(casb)

    assert troubles(ended) == []
    with database.begin(write=False) as stores:
        assert stores.alarms.all() == []


def test_a_dead_grant_is_told_with_its_sites(
    casb: Casb, atlassian: responses.RequestsMock, database: Database
) -> None:
    atlassian.replace("GET", SITES, json={"message": "Unauthorized"}, status=401)

    ended = doctor(casb)

    assert troubles(ended) == [("consents", "failed")]
    [dead] = rows(ended)["consents"]
    assert "https://acme.atlassian.example" in dead["message"]
    assert "casb install --site https://acme" in dead["remedy"]
    [state] = [row for row in rows(doctor(casb))["sites"] if row["health"] != "ok"]
    assert "reauth_required" in state["message"]


@pytest.mark.usefixtures("atlassian")
def test_a_consent_for_another_app_is_told(casb: Casb, database: Database) -> None:
    with database.begin() as stores:
        stores.grants.save(replace(grant_of("grant", PAIR), client_id="another"))

    ended = doctor(casb)

    assert troubles(ended) == [("consents", "failed")]
    [foreign] = rows(ended)["consents"]
    assert "another OAuth app (another)" in foreign["message"]


@pytest.mark.usefixtures("database")
def test_a_call_back_that_atlassian_does_not_know_is_told(
    casb: Casb, atlassian: responses.RequestsMock
) -> None:
    page = "<p>redirect_uri is not registered for this app.</p>"
    atlassian.replace("GET", PAGE, body=page, status=400)

    ended = doctor(casb)

    [wrong] = rows(ended)["call-back"]
    assert wrong["health"] == "failed"
    assert "http://localhost:8000/oauth/callback" in wrong["message"]
    assert "CASB_PUBLIC_URL" in wrong["remedy"]


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize(
    "objection",
    [
        {"body": "<p>Something went wrong</p>", "status": 400},
        {"status": 302, "headers": {"Location": f"{AUTH}/x?error=invalid_scope"}},
    ],
)
def test_another_objection_says_what_the_console_must_hold(
    casb: Casb, atlassian: responses.RequestsMock, objection: dict[str, Any]
) -> None:
    atlassian.replace("GET", PAGE, **objection)

    [wrong] = rows(doctor(casb))["call-back"]

    assert wrong["health"] == "failed"
    assert "search:confluence" in wrong["remedy"]


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize(("minutes", "words"), [(7, "behind"), (-7, "ahead of")])
def test_a_clock_that_is_off_is_told(
    casb: Casb, atlassian: responses.RequestsMock, minutes: int, words: str
) -> None:
    theirs = utc_now() + timedelta(minutes=minutes)
    atlassian.replace("HEAD", API, headers={"Date": format_datetime(theirs)})

    [clock] = rows(doctor(casb))["Atlassian API"]

    assert clock["health"] == "failed"
    assert words in clock["message"]
    assert "NTP" in clock["remedy"]


@pytest.mark.usefixtures("atlassian", "database")
def test_missing_keys_are_told(casb: Casb) -> None:
    ended = doctor(casb, TOKEN_KEYS="")

    [keys] = rows(ended)["keys"]
    assert keys["health"] == "failed"
    assert "CASB_TOKEN_KEYS is not set" in keys["message"]
    assert ended.code == 1


@pytest.mark.usefixtures("atlassian", "database")
def test_keys_that_do_not_open_the_tokens_are_told_with_the_sites(casb: Casb) -> None:
    ended = doctor(casb, TOKEN_KEYS=OLDER)

    assert troubles(ended) == [("tokens", "failed")]
    [lost] = rows(ended)["tokens"]
    assert "https://acme.atlassian.example" in lost["message"]
    assert "consents" not in rows(ended)


@pytest.mark.usefixtures("atlassian", "database")
@pytest.mark.parametrize(
    ("keys", "words", "remedy"),
    [
        (f"{OLDER},{KEY}", "under an older key", "casb keys rotate"),
        (f"{KEY},{OLDER}", "Key 2 of CASB_TOKEN_KEYS opens nothing", "Remove it"),
    ],
    ids=["begun", "over"],
)
def test_a_rotation_that_is_not_finished_is_told(
    casb: Casb, keys: str, words: str, remedy: str
) -> None:
    ended = doctor(casb, TOKEN_KEYS=keys)

    [found] = rows(ended)["tokens"]
    assert found["health"] == "warning"
    assert words in found["message"]
    assert remedy in found["remedy"]
    assert ended.code == 0


@pytest.mark.usefixtures("atlassian")
def test_the_alarms_that_stand_are_told(casb: Casb, database: Database) -> None:
    with database.begin() as stores:
        for key in ("consent_age:grant", "access_lost:acme"):
            stores.alarms.raise_(Alarm(key, f"{key}!", "Act.", utc_now()))

    ended = doctor(casb)

    assert troubles(ended) == [("alarms", "warning")] * 2
    assert {row["remedy"] for row in rows(ended)["alarms"]} == {"Act."}


@pytest.mark.usefixtures("atlassian")
def test_every_site_that_is_not_well_is_told(casb: Casb, database: Database) -> None:
    states = (InstallationState.SUSPENDED, InstallationState.ACCESS_LOST)
    with database.begin() as stores:
        for state in states:
            site = Site(state, f"https://{state}.atlassian.example")
            stores.installations.save(replace(ACME, id=state, site=site, state=state))

    ended = doctor(casb)

    assert sorted(troubles(ended)) == [("sites", "failed"), ("sites", "warning")]


@pytest.mark.usefixtures("atlassian")
def test_without_a_database_the_rest_is_checked(casb: Casb) -> None:
    ended = doctor(casb)

    found = rows(ended)
    assert found["database"][0]["health"] == "failed"
    assert "casb migrate" in found["database"][0]["remedy"]
    assert "sites" not in found
    assert found["OAuth app"][0]["health"] == "ok"
