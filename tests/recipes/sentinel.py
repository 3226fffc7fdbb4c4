"""Microsoft Sentinel's RestApiPoller, by Microsoft's reference of its connection rules.

Only what the page uses: ``PersistentToken`` (the token is kept between runs), and
``LinkHeader`` inside windows of time.
"""

import json
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import reduce
from typing import Any

from tests.recipes.pages import block, in_small_pages
from tests.recipes.served_world import Row, ServedWorld, next_link
from tests.unit.web.api.export_world import NOW

PAGE = "pull-into-microsoft-sentinel"
PARAMETER = re.compile(r"\[parameters\('(\w+)'\)\]")
JSON_PATH = re.compile(r"\$(?:\.\w+)+")


def template() -> dict[str, Any]:
    """Return the deployment template, asking for few rows at a time."""
    document = json.loads(in_small_pages(block(PAGE, "json", "deploymentTemplate")))
    assert isinstance(document, dict)
    return document


def resource(type_: str) -> dict[str, Any]:
    """Return the properties of the one resource of a type."""
    [found] = [
        each["properties"]
        for each in template()["resources"]
        if each["type"].rpartition("/")[2] == type_
    ]
    assert isinstance(found, dict)
    return found


def at(path: str, document: Any) -> Any:
    """Return what a JSON path of plain names leads to, or None."""
    assert JSON_PATH.fullmatch(path)
    names = path.split(".")[1:]
    return reduce(lambda node, name: (node or {}).get(name), names, document)


@dataclass
class Poller:
    """What is the same in both ways of paging."""

    world: ServedWorld
    poller: dict[str, Any] = field(default_factory=lambda: resource("dataConnectors"))

    def __post_init__(self) -> None:
        given = {"exportUrl": self.world.address, "apiKey": self.world.key()}
        auth, request = self.poller["auth"], self.poller["request"]
        assert auth["type"] == "APIKey"
        key = PARAMETER.sub(lambda found: given[found[1]], auth["ApiKey"])
        self.headers = {
            **request["headers"],
            auth["ApiKeyName"]: f"{auth['ApiKeyIdentifier']} {key}",
        }
        self.url = PARAMETER.sub(lambda found: given[found[1]], request["apiEndpoint"])

    def events(self, body: Any) -> list[Row]:
        """Return the events of an answer."""
        paths = self.poller["response"]["eventsJsonPaths"]
        return [row for path in paths for row in at(path, body)]


@dataclass
class TokenPoller(Poller):
    """``PersistentToken``: the last token of a run is the first of the next."""

    token: str = ""

    def run(self) -> list[Row]:
        """Poll until the flag says that there is no more."""
        paging = self.poller["paging"]
        assert paging["pagingType"] == "PersistentToken"
        rows: list[Row] = []
        while True:
            params = {paging["pageSizeParameterName"]: str(paging["pageSize"])}
            if self.token:
                params[paging["nextPageParaName"]] = self.token
            answer = self.world.ask(self.url, params, self.headers)
            assert answer.status_code == 200, answer.text
            body = answer.json()
            rows += self.events(body)
            self.token = at(paging["nextPageTokenJsonPath"], body) or self.token
            if not at(paging["hasNextFlagJsonPath"], body):
                return rows


@dataclass
class WindowPoller(Poller):
    """``LinkHeader`` in windows that touch, from when the poller was made."""

    start: datetime = NOW

    def __post_init__(self) -> None:
        other = json.loads(in_small_pages(block(PAGE, "json", "LinkHeader")))
        self.poller |= other
        super().__post_init__()

    def run(self) -> list[Row]:
        """Poll all windows that are over."""
        request = self.poller["request"]
        window = timedelta(minutes=request["queryWindowInMin"])
        delay = timedelta(minutes=request["queryWindowDelayInMin"])
        rows: list[Row] = []
        while self.start + window + delay <= self.world.clock():
            rows += self._window(self.start, self.start + window)
            self.start += window
        return rows

    def _window(self, start: datetime, end: datetime) -> list[Row]:
        request, paging = self.poller["request"], self.poller["paging"]
        assert paging["pagingType"] == "LinkHeader"
        assert request["queryTimeFormat"] == "yyyy-MM-ddTHH:mm:ssZ"
        params = request["queryParameters"] | {
            request["startTimeAttributeName"]: f"{start:%Y-%m-%dT%H:%M:%SZ}",
            request["endTimeAttributeName"]: f"{end:%Y-%m-%dT%H:%M:%SZ}",
        }
        rows, url = [], self.url
        while url:
            answer = self.world.ask(url, params, self.headers)
            assert answer.status_code == 200, answer.text
            rows += self.events(answer.json())
            url = next_link(answer)
            if paging.get("pagingQueryParamOnly"):
                params = {}
        return rows
