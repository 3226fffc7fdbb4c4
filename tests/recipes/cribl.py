"""Cribl's REST collector, by its documentation; a real engine runs its JavaScript."""

import json
from dataclasses import dataclass, field
from typing import Any

import httpx
import quickjs

from tests.recipes.pages import in_small_pages, json_block
from tests.recipes.served_world import Row, ServedWorld, next_link

PAGE = "pull-into-cribl"
COLLECTOR, BREAKER, BY_LINK = "collectUrl", "jsonArrayField", "response_header_link"
EVALUATE = "(names => { with (names) { return JSON.stringify(%s); } })(%s)"
QUOTES = ("'", '"', "`")


def evaluated(expression: str, **names: Any) -> Any:
    """Return what an expression of JavaScript comes to."""
    script = EVALUATE % (expression, json.dumps(names))
    text = quickjs.Context().eval(script)
    return None if text is None else json.loads(text)


def rule() -> dict[str, Any]:
    """Return the rule that cuts an answer into events."""
    [found] = json_block(PAGE, BREAKER)["rules"]
    assert isinstance(found, dict)
    return found


def last_named(name: str, node: Any) -> Any:
    """Return the value of the last member of a name, wherever it stands."""
    found = None
    for key, value in node.items() if isinstance(node, dict) else enumerate(node):
        if key == name:
            found = value
        elif isinstance(value, dict | list):
            found = last_named(name, value) or found
    return found


@dataclass
class Collector:
    """A collector and its saved state.

    ``repeats_parameters`` is how the product may treat the address of the next page.
    """

    world: ServedWorld
    by_link: bool = False
    repeats_parameters: bool = False
    state: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        document = json_block(PAGE, COLLECTOR)
        self.conf = document["collector"]["conf"]
        if self.by_link:
            self.conf |= json_block(PAGE, BY_LINK)
        self.tracking = document["schedule"]["run"]["stateTracking"]
        assert self.tracking["enabled"]
        self.secret = self.world.key()

    def run(self) -> list[Row]:
        """Do a scheduled run: all pages, and then the state is merged."""
        url = self._value(self.conf["collectUrl"])
        url = url.replace("https://casb.example.com", self.world.url)
        first = self._named("collectRequestParams")
        params = {name: in_small_pages(value) for name, value in first.items()}
        headers = self._named("collectRequestHeaders")
        state, rows = dict(self.state), []
        while url:
            answer = self.world.ask(url, params, headers)
            assert answer.status_code == 200, answer.text
            page = answer.json()[rule()["jsonArrayField"]]
            for row in page:
                state = self._updated(state, row)
            rows += page
            url = self._next(answer)
            params = params if self.repeats_parameters else {}
        self.state = self._merged(state) if rows else self.state
        return rows

    def _next(self, answer: httpx.Response) -> str:
        pagination = self.conf["pagination"]
        assert pagination["maxPages"] == 0
        if pagination["type"] == BY_LINK:
            assert pagination["nextRelationAttribute"] == "next"
            return next_link(answer)
        assert pagination["type"] == "response_body"
        [attribute] = pagination["attribute"]
        node = answer.json()
        *above, name = attribute.split(".")
        for part in above:
            node = node[part]
        return str(node.get(name) or last_named(name, answer.json()) or "")

    def _updated(self, state: dict[str, Any], row: Row) -> dict[str, Any]:
        names = row if rule()["jsonExtractAll"] else {"_raw": json.dumps(row)}
        expression = f"({self.tracking['stateUpdateExpression']})"
        updated = evaluated(expression, **names | {"state": state})
        return updated if isinstance(updated, dict) else state

    def _merged(self, state: dict[str, Any]) -> dict[str, Any]:
        names = {"prevState": self.state, "newState": state}
        merged = evaluated(self.tracking["stateMergeExpression"], **names)
        assert isinstance(merged, dict)
        return merged

    def _named(self, setting: str) -> dict[str, str]:
        return {each["name"]: self._value(each["value"]) for each in self.conf[setting]}

    def _value(self, text: str) -> str:
        if not text.startswith(QUOTES):
            return text
        text = text.replace("C.Secret('casb', 'text')", "secret")
        return str(evaluated(text, state=self.state, secret={"value": self.secret}))
