"""`casb clients`: whoever runs it lets consumers in and out."""

import re
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

from casb_sdk import Site
from connector.domain.installation import Installation
from connector.store.database import Database
from tests.fakes.stores import migrate_file
from tests.unit.cli.conftest import Casb

KEYS = {"TOKEN_KEYS": Fernet.generate_key().decode(), "SECRET_KEY": "x"}


@pytest.fixture
def clients(casb: Casb, tmp_path: Path) -> Casb:
    """Run `casb clients` where one site is connected."""
    migrate_file(tmp_path / "casb.db")
    database = Database.open(f"sqlite:///{tmp_path / 'casb.db'}")
    with database.begin() as stores:
        site = Site("cloud-1", "https://acme.atlassian.net", "Acme")
        stores.installations.save(Installation("i", site, "grant"))
    database.close()
    return lambda *arguments, **settings: casb(
        "clients", *arguments, **KEYS, **settings
    )


def created(clients: Casb, *more: str) -> dict[str, Any]:
    ended = clients("create", "siem", "--site", "acme.atlassian.net", *more, "--json")
    assert ended.code == 0, ended.err
    document = ended.json
    assert isinstance(document, dict)
    return document


def test_secrets_are_printed_once_and_never_again(clients: Casb) -> None:
    made = created(clients, "--expires", "90d", "--address", "192.0.2.0/24")

    shown = clients("show", "siem", "--json")
    listed = clients("list")

    assert re.fullmatch(r"casb_[0-9a-f]{16}_[\w-]{43}", made["api_key"], re.ASCII)
    assert made["client_secret"].startswith("casbs_")
    assert made["client_id"] == made["id"]
    assert made["token_url"] == "http://localhost:8000/oauth/token"
    assert made["scopes"] == ["findings:read"]
    assert made["site_ids"] == ["cloud-1"]
    for secret in (made["api_key"], made["client_secret"]):
        assert secret not in shown.out
        assert secret not in listed.out
    [first, _] = shown.json["credentials"]  # type: ignore[index]
    assert first["addresses"] == ["192.0.2.0/24"]
    assert first["is_live"] is True


def test_people_read_the_secrets_whole(clients: Casb) -> None:
    ended = clients("create", "siem", "--site", "cloud-1")

    assert re.search(r"casb_[0-9a-f]{16}_[\w-]{43}\s", ended.out, re.ASCII)
    assert "OAuth client secret" in ended.out
    assert "this once" in ended.said


@pytest.mark.parametrize(
    "arguments",
    [
        ("create", "siem", "--site", "nowhere.example"),
        ("create", "siem"),
        ("create", " ", "--site", "cloud-1"),
        ("create", "siem", "--site", "cloud-1", "--scope", "everything"),
        ("create", "siem", "--site", "cloud-1", "--expires", "soon"),
        ("create", "siem", "--site", "cloud-1", "--address", "here"),
        ("create", "siem", "--site", "cloud-1", "--rate", "0"),
        ("show", "nobody"),
        ("rotate", "nobody"),
        ("revoke", "nobody"),
        ("delete", "nobody"),
    ],
)
def test_what_makes_no_sense_is_refused(
    clients: Casb, arguments: tuple[str, ...]
) -> None:
    ended = clients(*arguments)

    assert ended.code == 2
    assert ended.out == ""
    assert clients("list", "--json").json == []


def test_a_name_is_given_once(clients: Casb) -> None:
    created(clients)

    ended = clients("create", "siem", "--site", "cloud-1")

    assert ended.code == 1
    assert "casb clients rotate" in ended.said


def test_a_rotation_leaves_two_live_credentials_of_each_kind(clients: Casb) -> None:
    made = created(clients)
    clients("rotate", "siem")
    rotated: Any = clients("rotate", "siem", "--json").json

    credentials: Any = clients("show", "siem", "--json").json
    live = [each["kind"] for each in credentials["credentials"] if each["is_live"]]

    assert sorted(live) == ["api_key"] * 2 + ["oauth_secret"] * 2
    assert rotated["api_key"] != made["api_key"]


def test_a_rotation_at_once_leaves_one(clients: Casb) -> None:
    created(clients)
    clients("rotate", "siem", "--at-once")

    shown: Any = clients("show", "siem", "--json").json

    assert sum(each["is_live"] for each in shown["credentials"]) == 2


def test_one_credential_can_be_revoked_or_all(clients: Casb) -> None:
    created(clients)
    shown: Any = clients("show", "siem", "--json").json
    [first, second] = [each["id"] for each in shown["credentials"]]

    one = clients("revoke", "siem", "--credential", first)
    again = clients("revoke", "siem", "--credential", first)
    rest = clients("revoke", "siem", "--json")

    assert f"casb_{first}_ is revoked" in one.out.replace("casbs_", "casb_")
    assert again.code == 2
    assert [each["id"] for each in rest.json] == [second]  # type: ignore[attr-defined]


def test_a_deleted_client_is_gone(clients: Casb) -> None:
    created(clients)

    assert clients("delete", "siem").out.strip() == "siem is deleted."
    assert clients("list", "--json").json == []
    assert "no client yet" in clients("list").said
