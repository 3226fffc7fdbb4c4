"""A client says over the API where its changes are pushed; only its own."""

from typing import Any

import pytest
from werkzeug.test import TestResponse

from connector.domain.client import Scope
from connector.use_cases.manage_clients import Issued
from tests.unit.web.api.export_world import (
    ACME,
    ALL_SCOPES,
    PUBLIC_URL,
    UMBRELLA,
    ExportWorld,
    bearer,
)

HOOKS = "/api/v1/webhooks"
URL = "https://siem.example.com/hook"


def ask(
    world: ExportWorld, issued: Issued, method: str, path: str, body: Any = None
) -> TestResponse:
    return world.web.open(
        path,
        method=method,
        json=body,
        headers=bearer(issued.api_key),
        base_url=PUBLIC_URL,
    )


def made(world: ExportWorld, issued: Issued, **body: Any) -> dict[str, Any]:
    answer = ask(world, issued, "POST", HOOKS, {"url": URL} | body)
    assert answer.status_code == 201, answer.text
    document: dict[str, Any] = answer.get_json()
    return document


def test_a_webhook_is_made_and_its_secret_shown_once(world: ExportWorld) -> None:
    siem = world.client()

    answer = ask(world, siem, "POST", HOOKS, {"url": URL})

    document = answer.get_json()
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"{PUBLIC_URL}{HOOKS}/{document['id']}"
    assert answer.headers["Cache-Control"] == "no-store"
    assert document["secret"].startswith("whsec_")
    shown = ask(world, siem, "GET", f"{HOOKS}/{document['id']}")
    listed = ask(world, siem, "GET", HOOKS)
    assert document["secret"] not in shown.text + listed.text
    assert "whsec_" not in shown.text + listed.text
    assert shown.get_json() == {k: v for k, v in document.items() if k != "secret"}
    assert [each["id"] for each in listed.get_json()["items"]] == [document["id"]]


def test_everything_about_a_webhook_can_be_said_and_changed(
    world: ExportWorld,
) -> None:
    siem = world.client(ACME, UMBRELLA)
    said = {
        "site_ids": [ACME],
        "finding_types": ["external_access"],
        "resource_types": ["page"],
        "min_severity": "high",
        "statuses": ["open"],
        "implied": "exclude",
        "schema": "ocsf",
        "ocsf_version": "1.8.0",
        "ocsf_class": 2008,
        "include_evidence": True,
        "form": "cloudevents",
    }
    document = made(world, siem, **said)
    assert {name: document[name] for name in said} == said

    path = f"{HOOKS}/{document['id']}"
    changed = ask(
        world, siem, "PATCH", path, {"min_severity": None, "site_ids": None}
    ).get_json()

    assert changed["min_severity"] is None
    assert changed["site_ids"] is None
    assert changed["finding_types"] == ["external_access"]
    disabled = ask(world, siem, "PATCH", path, {"state": "disabled"}).get_json()
    assert disabled["state"] == "disabled"
    assert disabled["state_reason"]
    enabled = ask(world, siem, "PATCH", path, {"state": "active"}).get_json()
    assert (enabled["state"], enabled["state_reason"]) == ("active", None)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"url": ""},
        {"url": 7},
        {"url": "http://siem.example.com/"},
        {"url": "https://user:word@siem.example.com/"},
        {"url": "https://127.0.0.1/"},
        {"url": "https://[::ffff:169.254.169.254]/"},
        {"url": "https://2130706433/"},
        {"url": URL, "min_severity": "dire"},
        {"url": URL, "site_ids": []},
        {"url": URL, "finding_types": "all"},
        {"url": URL, "include_evidence": "yes"},
        {"url": URL, "schema": "ocsf", "ocsf_version": "1.5.0", "ocsf_class": 2008},
        {"url": URL, "min_severty": "high"},
        {"url": URL, "secret": "whsec_mine"},
        [],
        "text",
        7,
    ],
)
def test_a_strange_wish_is_refused(world: ExportWorld, body: Any) -> None:
    answer = ask(world, world.client(), "POST", HOOKS, body)

    assert answer.status_code == 400
    assert answer.mimetype == "application/problem+json"


def test_a_body_that_is_no_json_is_refused(world: ExportWorld) -> None:
    siem = world.client()

    answer = world.web.post(
        HOOKS,
        data=b"{",
        content_type="application/json",
        headers=bearer(siem.api_key),
        base_url=PUBLIC_URL,
    )

    assert answer.status_code == 400
    assert "Invalid JSON" in answer.get_json()["detail"]


def test_a_foreign_site_is_not_there(world: ExportWorld) -> None:
    siem = world.client(ACME)
    document = made(world, siem)

    created = ask(world, siem, "POST", HOOKS, {"url": URL, "site_ids": [UMBRELLA]})
    changed = ask(
        world, siem, "PATCH", f"{HOOKS}/{document['id']}", {"site_ids": [UMBRELLA]}
    )

    assert (created.status_code, changed.status_code) == (404, 404)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "", None),
        ("PATCH", "", {"state": "disabled"}),
        ("DELETE", "", None),
        ("POST", "/test", None),
        ("POST", "/rotate-secret", {}),
        ("GET", "/deliveries", None),
        ("POST", "/deliveries/{delivery}/redeliver", None),
    ],
)
def test_a_foreign_webhook_is_not_there(
    world: ExportWorld, method: str, path: str, body: Any
) -> None:
    owner, other = world.client(ACME), world.client(ACME)
    theirs = made(world, owner)
    world.happens("1")
    with world.database.begin() as stores:
        assert stores.webhooks.due(world.clock.now, 9) == [theirs["id"]]

    answer = ask(
        world, other, method, f"{HOOKS}/{theirs['id']}{path}".format(delivery="x"), body
    )

    assert answer.status_code == 404
    assert answer.get_json()["type"] == "urn:casb:problem:not-found"
    assert ask(world, owner, "GET", f"{HOOKS}/{theirs['id']}").status_code == 200
    assert ask(world, other, "GET", HOOKS).get_json()["items"] == []


@pytest.mark.parametrize("scopes", [ALL_SCOPES - {Scope.WEBHOOKS_WRITE}])
def test_webhooks_need_their_scope(
    world: ExportWorld, scopes: frozenset[Scope]
) -> None:
    poor = world.client(scopes=scopes)

    for method, path in (("GET", HOOKS), ("POST", HOOKS), ("GET", f"{HOOKS}/x")):
        answer = ask(
            world, poor, method, path, {"url": URL} if method == "POST" else None
        )
        assert answer.status_code == 403
        assert "webhooks:write" in answer.headers["WWW-Authenticate"]


def test_pushing_findings_needs_the_right_to_read_them(world: ExportWorld) -> None:
    blind = world.client(scopes=frozenset({Scope.WEBHOOKS_WRITE}))
    plain = world.client(scopes=ALL_SCOPES - {Scope.FINDINGS_EVIDENCE})

    refused = ask(world, blind, "POST", HOOKS, {"url": URL})
    evidence = ask(world, plain, "POST", HOOKS, {"url": URL, "include_evidence": True})

    assert (refused.status_code, evidence.status_code) == (403, 403)


def test_a_secret_is_replaced_and_the_one_before_ends(world: ExportWorld) -> None:
    siem = world.client()
    first = made(world, siem)
    path = f"{HOOKS}/{first['id']}/rotate-secret"

    second = ask(world, siem, "POST", path, {}).get_json()

    assert second["secret"] != first["secret"]
    assert [each["ends_at"] is None for each in second["secrets"]] == [False, True]
    third = ask(world, siem, "POST", path, {"at_once": True}).get_json()
    assert len(third["secrets"]) == 1


def test_a_webhook_that_is_deleted_is_gone(world: ExportWorld) -> None:
    siem = world.client()
    document = made(world, siem)

    answer = ask(world, siem, "DELETE", f"{HOOKS}/{document['id']}")

    assert (answer.status_code, answer.data) == (204, b"")
    assert ask(world, siem, "GET", f"{HOOKS}/{document['id']}").status_code == 404


def test_a_client_has_so_many_webhooks_and_no_more(world: ExportWorld) -> None:
    siem = world.client()
    for _ in range(50):
        made(world, siem)

    answer = ask(world, siem, "POST", HOOKS, {"url": URL})

    assert answer.status_code == 400
    assert "50 webhooks" in answer.get_json()["detail"]
