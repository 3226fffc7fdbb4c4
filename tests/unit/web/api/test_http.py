"""What HTTP promises: caching, compression, limits, and errors that tell enough."""

import gzip
import json

import pytest
from flask import Flask

from connector.domain.client import RateLimit
from connector.use_cases.manage_clients import Issued
from connector.web.api.application import api_routes
from tests.unit.web.api.export_world import (
    ACME,
    CHANGES,
    NOW,
    ExportWorld,
    bearer,
)

CONSUMERS = "/api/v1/export/consumers"


@pytest.fixture
def siem(world: ExportWorld) -> Issued:
    return world.client(ACME)


def test_what_has_not_changed_is_not_sent_again(
    world: ExportWorld, siem: Issued
) -> None:
    world.happens("1")
    tag = world.get(CHANGES, siem).headers["ETag"]
    known = {"If-None-Match": f'"other", {tag}'}

    unchanged = world.get(CHANGES, siem, headers=known)
    world.happens("2")
    changed = world.get(CHANGES, siem, headers=known)

    assert tag.startswith('W/"')
    assert (unchanged.status_code, unchanged.text) == (304, "")
    assert changed.status_code == 200
    assert changed.headers["ETag"] != tag


def test_an_answer_to_another_question_has_another_name(
    world: ExportWorld, siem: Issued
) -> None:
    world.happens("1")
    queries = ("", "?limit=1", "?status=open", "?format=ndjson", "?schema=ocsf")

    tags = {world.get(f"{CHANGES}{query}", siem).headers["ETag"] for query in queries}
    tags.add(world.get(CHANGES, world.client(ACME)).headers["ETag"])

    assert len(tags) == len(queries) + 1


def test_every_answer_says_how_it_may_be_kept(world: ExportWorld, siem: Issued) -> None:
    headers = world.get(CHANGES, siem).headers

    assert headers["Cache-Control"] == "private, no-cache"
    assert {"Authorization", "Accept", "Accept-Encoding"} <= {
        name.strip() for name in headers["Vary"].split(",")
    }
    assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("path", [CHANGES, f"{CHANGES}?format=ndjson"])
def test_an_answer_is_compressed_for_whoever_takes_it(
    world: ExportWorld, siem: Issued, path: str
) -> None:
    for page in range(20):
        world.happens(str(page))
    plain = world.get(path, siem)

    packed = world.get(path, siem, headers={"Accept-Encoding": "gzip, br"})
    refused = world.get(path, siem, headers={"Accept-Encoding": "gzip;q=0"})

    assert packed.headers["Content-Encoding"] == "gzip"
    assert len(packed.data) < len(plain.data) / 5
    unpacked = gzip.decompress(packed.data)
    assert unpacked.count(b'"change_seq"') == plain.data.count(b'"change_seq"') == 20
    assert "Content-Encoding" not in refused.headers


def test_a_client_may_ask_so_often_and_is_told_how_often(world: ExportWorld) -> None:
    issued = world.client(limit=RateLimit(2))

    first, second, third = (world.get(CHANGES, issued) for _ in range(3))

    assert first.headers["RateLimit-Policy"] == '"default";q=2;w=60'
    assert first.headers["RateLimit"] == '"default";r=1;t=60'
    assert second.headers["X-RateLimit-Limit"] == "2"
    assert second.headers["X-RateLimit-Remaining"] == "0"
    reset = int(NOW.timestamp()) + 60
    assert second.headers["X-RateLimit-Reset"] == str(reset)
    assert third.status_code == 429
    assert third.headers["Retry-After"] == "60"
    assert third.get_json()["type"] == "urn:casb:problem:rate-limited"
    assert third.headers["RateLimit"] == '"default";r=0;t=60'


@pytest.mark.parametrize(
    ("query", "headers", "status"),
    [
        ("?limit=junk", {}, 400),
        ("?cursor=forged", {}, 400),
        ("?site_id=nowhere", {}, 404),
        ("?after_seq=999", {}, 409),
        ("", {"Accept": "image/png"}, 406),
        ("", {"If-None-Match": "*"}, 304),
        ("?format=ndjson", {}, 200),
    ],
)
def test_every_request_for_changes_counts_once(
    world: ExportWorld, query: str, headers: dict[str, str], status: int
) -> None:
    issued = world.client(limit=RateLimit(2))

    answers = [world.get(CHANGES + query, issued, headers=headers) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [status, status, 429]
    left = [answer.headers["X-RateLimit-Remaining"] for answer in answers]
    assert left == ["1", "0", "0"]


def test_a_limit_is_a_clients_own_and_ends(world: ExportWorld, siem: Issued) -> None:
    issued = world.client(limit=RateLimit(1))
    world.get(CHANGES, issued)
    assert world.get(CHANGES, issued).status_code == 429

    assert world.get(CHANGES, siem).status_code == 200
    world.clock.turn(seconds=60)
    assert world.get(CHANGES, issued).status_code == 200


def test_a_request_has_an_id(world: ExportWorld, siem: Issued) -> None:
    given = world.get(CHANGES, siem, headers={"X-Request-Id": "from-the-siem.1"})
    forged = world.get(CHANGES, siem, headers={"X-Request-Id": "<script>"})

    assert given.headers["X-Request-Id"] == "from-the-siem.1"
    assert len(forged.headers["X-Request-Id"]) == 32


def test_a_problem_says_what_and_where(world: ExportWorld, siem: Issued) -> None:
    answer = world.get("/api/v1/findings/nope", siem)

    problem = answer.get_json()
    assert answer.mimetype == "application/problem+json"
    assert problem == {
        "type": "urn:casb:problem:not-found",
        "title": "Not found",
        "status": 404,
        "detail": "There is no finding 'nope'.",
        "instance": "/api/v1/findings/nope",
        "request_id": answer.headers["X-Request-Id"],
    }


@pytest.mark.parametrize("path", ["/api/v1/nope", "/api/v1/", "/api/v1/findings/"])
def test_a_path_that_is_not_there_is_a_problem_too(
    world: ExportWorld, siem: Issued, path: str
) -> None:
    answer = world.get(path, siem)

    assert answer.status_code == 404
    assert answer.mimetype == "application/problem+json"


def test_nothing_can_be_written_here(world: ExportWorld, siem: Issued) -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        headers = bearer(siem.api_key)
        answer = world.web.open(CHANGES, method=method, headers=headers)
        assert answer.status_code == 405
        assert "GET" in answer.headers["Allow"]
        assert answer.mimetype == "application/problem+json"


def test_who_accepts_nothing_that_is_offered_is_told_so(
    world: ExportWorld, siem: Issued
) -> None:
    for accept, status in (
        ("text/html", 406),
        ("text/html, */*;q=0.1", 200),
        ("application/*", 200),
    ):
        answer = world.get(CHANGES, siem, headers={"Accept": accept})
        assert (accept, answer.status_code) == (accept, status)
    html = {"Accept": "text/html"}
    assert world.get(f"{CHANGES}?format=json", siem, headers=html).status_code == 200


def test_what_breaks_tells_nobody_why(
    world: ExportWorld, siem: Issued, caplog: pytest.LogCaptureFixture
) -> None:
    with world.database.begin() as stores:
        stores.feed.close_window(NOW)
    world.happens("1")
    world.database.engines.dispose()
    world.path.write_bytes(b"this is no database" * 1000)

    answer = world.get(CHANGES, siem)

    assert answer.status_code in {500, 503}
    assert answer.mimetype == "application/problem+json"
    assert str(world.path) not in answer.text
    assert "sqlite" not in answer.text.lower()


def test_pulls_are_on_record(world: ExportWorld, siem: Issued) -> None:
    for page in "123":
        world.happens(page)
    environ = {"REMOTE_ADDR": "192.0.2.7"}
    for path in (f"{CHANGES}?limit=2", "/api/v1/findings", "/api/v1/findings/snapshot"):
        assert world.get(path, siem, environ_overrides=environ).text

    pulls = world.clients.show(siem.client.name).pulls

    assert [(pull.endpoint, pull.rows, pull.address) for pull in pulls] == [
        ("/findings/snapshot", 3, "192.0.2.7"),
        ("/findings", 3, "192.0.2.7"),
        ("/findings/changes", 2, "192.0.2.7"),
    ]
    assert (pulls[-1].from_seq, pulls[-1].to_seq) == (0, 2)


def test_the_lag_of_a_consumer_is_shown(world: ExportWorld, siem: Issued) -> None:
    for page in "123":
        world.happens(page)
    world.get(f"{CHANGES}?limit=2", siem)
    world.clock.turn(minutes=5)

    [behind] = world.get(CONSUMERS, siem).get_json()["items"]
    world.get(f"{CHANGES}?after_seq=2", siem)
    [level] = world.get(CONSUMERS, siem).get_json()["items"]

    assert (behind["position"], behind["changes_behind"]) == (2, 1)
    assert behind["seconds_behind"] >= 299
    assert (level["position"], level["changes_behind"]) == (3, 0)
    assert level["seconds_behind"] == 0


def test_the_first_use_of_a_credential_is_noted(
    world: ExportWorld, siem: Issued
) -> None:
    world.get(CHANGES, siem)
    world.clock.turn(seconds=30)
    world.get(CHANGES, siem)

    uses = [
        each.last_used_at for each in world.clients.show(siem.client.id).credentials
    ]

    assert sorted(uses, key=str) == [NOW, None]


def test_the_pages_of_people_and_the_api_share_an_address(world: ExportWorld) -> None:
    pages = Flask("pages")
    pages.get("/oauth/callback", endpoint="a")(lambda: "page")
    pages.get("/api/v1x", endpoint="b")(lambda: "page")
    pages.wsgi_app = api_routes(pages.wsgi_app, world.api)  # type: ignore[method-assign]
    browser = pages.test_client()

    assert browser.get("/oauth/callback").text == "page"
    assert browser.get("/api/v1x").text == "page"
    assert browser.get("/api/v1/sites").status_code == 401
    metadata = browser.get("/.well-known/oauth-authorization-server")
    assert json.loads(metadata.text)["token_endpoint"]
