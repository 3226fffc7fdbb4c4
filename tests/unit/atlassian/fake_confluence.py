"""Stands in for Confluence: scripted answers, and time that passes at once."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import httpx

from casb_sdk import Site
from connector.atlassian.reader import ConfluenceReader, ReaderOptions, World

API = "https://api.atlassian.test"
SITE = Site("cloud-1", "https://acme.atlassian.net", "acme")
PREFIX = "/ex/confluence/cloud-1"
V1 = "/wiki/rest/api"
V2 = "/wiki/api/v2"
NOON = 1_800_000_000.0

Answer = httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]


@dataclass
class FakeTime:
    """A clock that only sleeping moves; a test may wait for nothing."""

    now: float = NOON
    slept: list[float] = field(default_factory=list)

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@dataclass
class FakeBearer:
    """Hands out numbered tokens."""

    refreshed: int = 0
    asked: int = 0

    async def __call__(self, *, refresh: bool = False) -> str:
        self.asked += 1
        self.refreshed += refresh
        return f"token-{self.refreshed}"


class FakeConfluence:
    """Answers by path; the last answer of a path is given again and again.

    What no answer was scripted for is 404. ``asked`` keeps the requests.
    """

    def __init__(self) -> None:
        self.time = FakeTime()
        self.bearer = FakeBearer()
        self.asked: list[httpx.Request] = []
        self.asked_at: list[float] = []
        self._answers: dict[str, list[Answer]] = {}

    def answers(self, path: str, *answers: Answer) -> "FakeConfluence":
        """Script the answers of a path, such as ``/wiki/api/v2/spaces``."""
        self._answers[path] = list(answers)
        return self

    def reader(
        self, options: ReaderOptions | None = None, random: float = 0.0
    ) -> ConfluenceReader:
        """Return a reader of this site; ``random`` is all the chance there is."""
        world = World(
            httpx.MockTransport(self._answer),
            self.time.clock,
            self.time.sleep,
            lambda: random,
        )
        return ConfluenceReader.open(API, SITE, self.bearer, options, world)

    def paths(self) -> list[str]:
        """Return the paths asked, in order."""
        return [path_of(request) for request in self.asked]

    def queries(self, path: str) -> list[dict[str, str]]:
        """Return the queries a path was asked with."""
        return [query_of(r) for r in self.asked if path_of(r) == path]

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        self.asked_at.append(self.time.now)
        scripted = self._answers.get(path_of(request), [not_found()])
        answer = scripted.pop(0) if len(scripted) > 1 else scripted[0]
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, httpx.Response):
            # A response can be read once: hand out a copy.
            return httpx.Response(
                answer.status_code, headers=answer.headers, content=answer.content
            )
        return answer(request)


def path_of(request: httpx.Request) -> str:
    return request.url.path.removeprefix(PREFIX)


def query_of(request: httpx.Request) -> dict[str, str]:
    return dict(parse_qsl(request.url.query.decode(), keep_blank_values=True))


def ok(body: Any, **headers: str) -> httpx.Response:
    return httpx.Response(200, json=body, headers=headers)


def raw(body: bytes, status: int = 200, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(status, content=body, headers=named)


def status(code: int, message: str = "no", **headers: str) -> httpx.Response:
    body = json.dumps({"statusCode": code, "message": message}).encode()
    return raw(body, code, **headers)


def not_found() -> httpx.Response:
    return status(404)


def out_of_scope() -> httpx.Response:
    return httpx.Response(
        401,
        json={"code": 401, "message": "Unauthorized; scope does not match"},
        headers={"X-Failure-Category": "FAILURE_CLIENT_SCOPE_CHECK"},
    )


def listing(*rows: Any, following: str = "", **more: Any) -> httpx.Response:
    """Return a page of a list, with a next link or without."""
    links = {"base": "https://acme.atlassian.net/wiki"}
    if following:
        links["next"] = following
    return ok({"results": list(rows), "_links": links, **more})


def by_query(name: str, answers: dict[str, httpx.Response]) -> Answer:
    """Return an answer that depends on one parameter, such as the cursor."""

    def answer(request: httpx.Request) -> httpx.Response:
        chosen = answers[query_of(request).get(name, "")]
        return httpx.Response(chosen.status_code, content=chosen.content)

    return answer


def user(id_: str, **more: Any) -> dict[str, Any]:
    """Return a user as v1 shows one."""
    return {
        "type": "known",
        "accountId": id_,
        "accountType": "atlassian",
        "email": f"{id_}@acme.example",
        "publicName": id_,
        "displayName": id_,
        "isExternalCollaborator": False,
        "_expandable": {"operations": "", "personalSpace": ""},
    } | more


def group(id_: str, **more: Any) -> dict[str, Any]:
    """Return a group as v1 shows one."""
    return {"type": "group", "name": f"name of {id_}", "id": id_} | more


def restrictions(
    read: Iterable[dict[str, Any]] = (), update: Iterable[dict[str, Any]] = ()
) -> dict[str, Any]:
    """Return both operations as an ``expand`` shows them."""
    return {
        "read": operation("read", read),
        "update": operation("update", update),
        "_links": {},
        "_expandable": {},
    }


def operation(
    name: str, subjects: Iterable[dict[str, Any]], limit: int = 200, **more: Any
) -> dict[str, Any]:
    """Return one operation with its users and groups."""
    users = [s for s in subjects if s.get("type") != "group"]
    groups = [s for s in subjects if s.get("type") == "group"]
    return {
        "operation": name,
        "restrictions": {
            "user": _inner(users, limit, **more),
            "group": _inner(groups, limit),
        },
    }


def item(id_: str, *above: str, **more: Any) -> dict[str, Any]:
    """Return an item of space 1 as v1 search shows it, below some pages."""
    ancestors = [
        {"id": one, "type": "page", "status": "current", "title": f"T{one}"}
        for one in above
    ]
    return {
        "id": id_,
        "type": "page",
        "status": "current",
        "title": f"T{id_}",
        "space": {"id": 1, "key": "DOCS"},
        "version": {"number": 2},
        "ancestors": ancestors,
        "restrictions": restrictions(),
    } | more


def body_of(request: httpx.Request) -> Any:
    return json.loads(request.content)


def _inner(rows: list[dict[str, Any]], limit: int, **more: Any) -> dict[str, Any]:
    return {"results": rows, "start": 0, "limit": limit, "size": len(rows)} | more
