"""`casb webhooks` makes, shows, tests and ends webhooks."""

import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from casb_sdk import Site
from connector.domain.installation import Installation
from connector.store.database import Database, utc_now
from tests.contract.push_words import happen
from tests.fakes.receiver import Receiver, receiving
from tests.fakes.stores import TOKEN_KEY, migrated_file
from tests.unit.cli.conftest import Casb, Ended

__all__ = ["migrated_file"]

SCOPES = ("--scope", "findings:read", "--scope", "webhooks:write")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


@pytest.fixture
def acme(casb: Casb, migrated_file: Path, tmp_path: Path) -> Casb:
    """`casb` where the site acme has a client, and loopback is allowed."""
    path = tmp_path / "casb.db"
    shutil.copy(migrated_file, path)
    database = Database.open(f"sqlite:///{path}", [TOKEN_KEY])
    with database.begin() as stores:
        site = Site("acme", "https://acme.atlassian.net", "Acme")
        stores.installations.save(
            Installation("of acme", site, "grant", installed_at=utc_now())
        )
    happen(database.begin, 2)
    database.close()
    ready = partial(
        casb,
        TOKEN_KEYS=TOKEN_KEY,
        WEBHOOK_ALLOW="127.0.0.1",
        ATLASSIAN_CLIENT_ID="id",
        ATLASSIAN_CLIENT_SECRET="word",
    )
    assert ready("clients", "create", "siem", "--site", "acme", *SCOPES).code == 0
    return ready


def made(acme: Casb, url: str, *options: str) -> dict[str, Any]:
    ended = acme("webhooks", "create", url, "--client", "siem", "--json", *options)
    assert ended.code == 0, ended.said
    assert isinstance(ended.json, dict)
    return ended.json


def document(ended: Ended) -> Any:
    assert ended.code == 0, ended.said
    return ended.json


def test_a_webhook_is_made_listed_shown_and_deleted(
    acme: Casb, receiver: Receiver
) -> None:
    hook = made(acme, receiver.at("/200"), "--min-severity", "high", "--site", "acme")

    listed = document(acme("webhooks", "--json"))
    of_nobody = document(acme("webhooks", "list", "--client", "lake", "--json"))
    shown = document(acme("webhooks", "show", hook["id"], "--json"))
    deleted = document(acme("webhooks", "delete", hook["id"], "--json"))

    assert hook["secret"].startswith("whsec_")
    assert listed == [shown]
    assert of_nobody == []
    assert shown["min_severity"] == "high"
    assert shown["site_ids"] == ["acme"]
    assert "secret" not in shown
    assert deleted["id"] == hook["id"]
    assert document(acme("webhooks", "list", "--json")) == []


def test_the_words_for_people_hold_no_secret(acme: Casb, receiver: Receiver) -> None:
    hook = made(acme, receiver.at("/200"))
    acme("webhooks", "test", hook["id"])

    said = [
        acme("webhooks", *arguments)
        for arguments in (
            ("list",),
            ("show", hook["id"]),
            ("deliveries", hook["id"]),
            ("disable", hook["id"]),
            ("enable", hook["id"], "--from-now"),
        )
    ]

    assert [each.code for each in said] == [0] * 5
    assert not any("whsec_" in each.out + each.err for each in said)
    assert "siem" in said[0].out
    assert "webhook.test" in said[2].out
    assert "disabled" in said[3].out


@pytest.mark.parametrize(("path", "code"), [("/200", 0), ("/500", 1), ("/closes", 4)])
def test_a_test_says_by_its_exit_code_how_it_went(
    acme: Casb, receiver: Receiver, path: str, code: int
) -> None:
    hook = made(acme, receiver.at(path))

    ended = acme("webhooks", "test", hook["id"])

    assert ended.code == code
    assert "test:" in ended.out


def test_the_worker_delivers_and_the_log_says_so(
    acme: Casb, receiver: Receiver
) -> None:
    hook = made(acme, receiver.at("/200"), "--from-start", "--cloudevents")

    worked = acme("worker", "--once")

    assert worked.code == 0
    assert "push: 2 delivered" in worked.out
    assert "render_feed: 2 changes rendered" in worked.out
    log = document(acme("webhooks", "deliveries", hook["id"], "--json"))
    assert [each["state"] for each in log] == ["delivered"] * 2
    again = acme("webhooks", "redeliver", hook["id"], log[0]["id"], "--json")
    assert document(again)["state"] == "pending"
    pending = acme("webhooks", "deliveries", hook["id"], "--state", "pending", "--json")
    assert len(document(pending)) == 1
    assert acme("worker", "--once").code == 0
    assert receiver.ids("/200").count(log[0]["event_id"]) == 2


def test_a_secret_is_rotated(acme: Casb, receiver: Receiver) -> None:
    hook = made(acme, receiver.at("/200"))

    fresh = document(acme("webhooks", "rotate", hook["id"], "--json"))
    ended = acme("webhooks", "rotate", hook["id"], "--at-once")

    assert fresh["secret"] != hook["secret"]
    assert [each["ends_at"] is None for each in fresh["secrets"]] == [False, True]
    assert "whsec_" in ended.out
    assert "shown this once" in ended.said


@pytest.mark.parametrize(
    "arguments",
    [
        ("show", "nobody"),
        ("test", "nobody"),
        ("deliveries", "nobody"),
        ("redeliver", "nobody", "nothing"),
        ("rotate", "nobody"),
        ("enable", "nobody"),
        ("disable", "nobody"),
        ("delete", "nobody"),
        ("create", "https://10.0.0.1/", "--client", "siem"),
        ("create", "ftp://example.com/", "--client", "siem"),
        ("create", "https://example.com/", "--client", "nobody"),
        ("create", "https://example.com/", "--client", "siem", "--evidence"),
        ("create", "https://example.com/", "--client", "siem", "--site", "other"),
    ],
)
def test_what_makes_no_sense_ends_with_2_and_a_remedy(
    acme: Casb, arguments: tuple[str, ...]
) -> None:
    ended = acme("webhooks", *arguments)

    assert ended.code == 2
    assert ended.said.startswith("Error: ")
    assert ended.out == ""
