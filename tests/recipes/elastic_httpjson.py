"""The input `httpjson` of Filebeat, by its documented rules.

Numbers of JSON are what Go makes of them: floats, which a template prints with an
exponent from a million on, unless it says ``toInt``.
"""

import re
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.recipes.pages import in_small_pages, yaml_block
from tests.recipes.served_world import Row, ServedWorld, next_link

PAGE = "pull-into-elastic"
TEMPLATE = re.compile(r"\[\[ (.+) \]\]")
LARGE = 1_000_000


@dataclass
class Request:
    """The next request, as transforms have made it."""

    url: str
    params: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)

    def write(self, target: str, value: str) -> None:
        """Set what a transform names."""
        place, _, name = target.rpartition(".")
        if target == "url.value":
            self.url, self.params = value, {}
        else:
            {"header": self.headers, "url.params": self.params}[place][name] = value


@dataclass
class HttpJson:
    """The input, with its cursor and the last event it published."""

    world: ServedWorld
    cursor: dict[str, str] = field(default_factory=dict)
    last_event: Row = field(default_factory=dict)
    last_response: httpx.Response | None = None

    def __post_init__(self) -> None:
        [self.input] = yaml_block(PAGE, "type: httpjson")["filebeat.inputs"]
        self.key = self.world.key()

    def run(self) -> list[Row]:
        """Ask for the first page, and go on while there is a template for the next."""
        rows: list[Row] = []
        request: Request | None = self._transformed(
            Request(self.world.address), self.input["request.transforms"]
        )
        while request is not None:
            answer = self.world.ask(request.url, request.params, request.headers)
            assert answer.status_code == 200, answer.text
            self.last_response = answer
            rows += self._published(answer.json())
            request = self._transformed(
                Request(self.world.address, headers=request.headers),
                self.input["request.transforms"] + self.input["response.pagination"],
            )
        return rows

    def _published(self, body: Row) -> list[Row]:
        split = self.input["response.split"]
        assert split["ignore_empty_value"]
        rows: list[Row] = body[split["target"].removeprefix("body.")]
        for self.last_event in rows:
            for name, kept in self.input["cursor"].items():
                self.cursor[name] = self._text(kept["value"]) or self.cursor[name]
        return rows

    def _transformed(self, request: Request, transforms: list[Any]) -> Request | None:
        for transform in transforms:
            [(kind, told)] = transform.items()
            assert kind == "set"
            value = self._text(told["value"]) or told.get("default", "")
            if not value and told.get("fail_on_template_error"):
                return None
            request.write(told["target"], in_small_pages(value))
        return request

    def _text(self, template: str) -> str:
        found = TEMPLATE.fullmatch(template)
        if found is None:
            return template.replace("${CASB_API_KEY}", self.key)
        match found[1].split():
            case ["getRFC5988Link", '"next"', ".last_response.header.Link"]:
                return next_link(self.last_response) if self.last_response else ""
            case ["toInt", name]:
                return str(int(self._value(name) or 0))
            case [name]:
                return _as_go_prints(self._value(name))
            case _:
                raise AssertionError(f"unknown template {template}")

    def _value(self, name: str) -> Any:
        _, place, field_ = name.split(".")
        return {"cursor": self.cursor, "last_event": self.last_event}[place].get(field_)


def _as_go_prints(value: Any) -> str:
    if isinstance(value, int) and value >= LARGE:
        digits = str(value)
        return f"{digits[0]}.{digits[1:].rstrip('0')}e+{len(digits) - 1:02}"
    return "" if value is None else str(value)
