"""The server itself: connections, compression, latency, another process."""

import asyncio
import gc
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from sdk.tests.cloud.caller import (
    CALLBACK,
    CURRENT,
    PLAIN,
    Caller,
    Json,
    answer_of,
    calling,
)


def test_a_connection_serves_many_requests(acme: Caller) -> None:
    def raw() -> bytes:
        token = acme.http.headers["Authorization"]
        target = acme.url("/api/v2/space-role-mode")
        head = f"GET {target} HTTP/1.1\r\nHost: x\r\nAuthorization: {token}\r\n\r\n"
        return head.encode()

    async def talk() -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", acme.running.port)
        writer.write(raw() + raw())
        await asyncio.sleep(0.1)
        writer.write(raw().replace(b"Host: x", b"Connection: close"))
        answer = await reader.read()
        writer.close()
        return answer

    assert asyncio.run(talk()).count(b"HTTP/1.1 200 OK") == 3


def test_a_cloud_that_stops_closes_what_its_clients_keep_open(
    recwarn: pytest.WarningsRecorder,
) -> None:
    with calling() as caller:
        kept_open = socket.create_connection(("127.0.0.1", caller.running.port), 5)
        kept_open.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert kept_open.recv(65_536)

    with kept_open:
        rest = kept_open.recv(1)
    gc.collect()

    assert rest == b""
    assert [str(warning.message) for warning in recwarn] == []


def test_what_is_no_http_is_refused_and_the_server_lives_on(acme: Caller) -> None:
    async def talk() -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", acme.running.port)
        writer.write(b"HELLO\r\n\r\n")
        answer = await reader.read()
        writer.close()
        return answer

    assert asyncio.run(talk()).startswith(b"HTTP/1.1 400")
    assert acme.get("/api/v2/space-role-mode").status_code == 200


@pytest.mark.parametrize("coding", ["gzip", "identity"])
def test_bodies_are_packed_only_for_who_can_unpack(acme: Caller, coding: str) -> None:
    response = acme.http.get(
        acme.url("/api/v2/pages?limit=50"), headers={"Accept-Encoding": coding}
    )

    assert response.headers.get("content-encoding", "identity") == coding
    assert len(response.json()["results"]) == 50


def test_latency_is_real_and_requests_overlap() -> None:
    async def together(caller: Caller, count: int) -> float:
        headers = dict(caller.http.headers)
        async with httpx.AsyncClient(
            base_url=caller.running.api_url, headers=headers, verify=PLAIN
        ) as http:
            url = caller.url("/rest/api/user/current")
            await http.get(url)
            started = time.monotonic()
            await asyncio.gather(*(http.get(url) for _ in range(count)))
            return time.monotonic() - started

    with calling(latency=0.15, jitter=0.2) as caller:
        took = asyncio.run(together(caller, 5))

    assert 0.11 <= took < 0.7
    assert caller.running.ledger.max_in_flight == 5
    assert caller.running.ledger.in_flight == 0


def test_the_log_keeps_every_request_on_demand() -> None:
    with calling(keeps_log=True) as caller:
        caller.get("/api/v2/spaces", limit=3)

    [*_, (_, line, status)] = caller.running.ledger.log
    assert line.endswith("/wiki/api/v2/spaces?limit=3")
    assert status == 200


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Json]:
    config: Path = tmp_path_factory.mktemp("cloud") / "options.json"
    config.write_text(
        json.dumps({"points_per_hour": 500, "app": {"client_id": "another"}})
    )
    command = [
        sys.executable,
        "-m",
        "casb_sdk.cloud",
        "--items",
        "200",
        "--auto-consent",
    ]
    with subprocess.Popen(  # noqa: S603 - our own module
        [*command, "--seed", "4", "--config", str(config)],
        stdout=subprocess.PIPE,
        text=True,
    ) as started:
        assert started.stdout
        yield json.loads(started.stdout.readline())
        started.terminate()
        assert started.wait(10) == 0


@pytest.fixture
def http(process: Json) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=process["api_url"], verify=PLAIN) as http:
        query = {
            "audience": "api.atlassian.com",
            "client_id": process["client_id"],
            "scope": CURRENT,
            "redirect_uri": CALLBACK,
            "response_type": "code",
        }
        code = answer_of(http.get("/authorize", params=query))["code"]
        body = {
            "grant_type": "authorization_code",
            "client_id": process["client_id"],
            "client_secret": process["client_secret"],
            "code": code,
            "redirect_uri": CALLBACK,
        }
        token = http.post("/oauth/token", json=body).json()["access_token"]
        http.headers["Authorization"] = f"Bearer {token}"
        yield http
        http.post("/_cloud/reset", json={})


def wiki(process: Json, path: str) -> str:
    return f"/ex/confluence/{process['cloud_ids'][0]}/wiki{path}"


def test_a_cloud_can_be_a_process_of_its_own(process: Json, http: httpx.Client) -> None:
    pages = http.get(wiki(process, "/api/v2/pages?limit=250"))

    assert process["client_id"] == "another"
    assert len(pages.json()["results"]) > 150
    assert pages.headers["x-ratelimit-limit"] == "500"


def test_another_process_plans_faults_and_reads_the_ledger(
    process: Json, http: httpx.Client
) -> None:
    user = wiki(process, "/rest/api/user/current")
    fault = {"kind": "rate_limit", "seconds": 2, "count": 1}

    planned = http.post("/_cloud/faults", json=fault)
    answers = [http.get(user).status_code for _ in range(2)]
    ledger = http.get("/_cloud/ledger").json()
    http.post("/_cloud/reset", json={})

    assert planned.json() == {"ok": True}
    assert answers == [429, 200]
    assert ledger["calls"]["GET /wiki/rest/api/user/current"] == 2
    assert ledger["refused"]["429"] == 1
    assert http.get("/_cloud/ledger").json()["total_calls"] == 0


def test_another_process_lets_time_pass_and_consents_end(
    process: Json, http: httpx.Client
) -> None:
    user = wiki(process, "/rest/api/user/current")

    http.post("/_cloud/clock", json={"advance": 3601})
    late = http.get(user).status_code
    http.post("/_cloud/oauth", json={"consent": "refuse"})
    refused = http.get(
        "/authorize",
        params={
            "audience": "api.atlassian.com",
            "client_id": process["client_id"],
            "scope": CURRENT,
            "redirect_uri": CALLBACK,
            "response_type": "code",
        },
    )
    http.post("/_cloud/oauth", json={"consent": "accept"})

    assert late == 401
    assert answer_of(refused)["error"] == "access_denied"


def test_another_process_lets_a_day_of_changes_happen(
    process: Json, http: httpx.Client
) -> None:
    search = wiki(process, "/rest/api/content/search")
    query = {"cql": 'type=page and lastmodified >= "2026-01-01"', "limit": "200"}

    before = http.get(search, params=query).json()["results"]
    http.post("/_cloud/change", json={"seed": 9})
    after = http.get(search, params=query).json()["results"]

    assert before == []
    assert 0 < len(after) < 20
    assert all(item["title"].endswith("(edited)") for item in after)


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("faults", {"kind": "earthquake"}, 400),
        ("faults", {"kind": "cut", "unheard": 1}, 400),
        ("clock", {}, 400),
        ("nothing", {}, 404),
    ],
)
def test_senseless_orders_are_refused(
    http: httpx.Client, path: str, body: Json, status: int
) -> None:
    assert http.post(f"/_cloud/{path}", json=body).status_code == status
