"""Splunk's Add-on Builder: inputs in Python, and REST inputs without code."""

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import orjson
import requests

from tests.recipes.pages import block, conf_block, in_small_pages
from tests.recipes.served_world import Row, ServedWorld

PAGE = "pull-into-splunk"


@dataclass
class Helper:
    """The functions of the Add-on Builder that the input calls."""

    arguments: dict[str, str]
    checkpoints: dict[str, str] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)

    def get_arg(self, name: str) -> str:
        return self.arguments[name]

    def get_check_point(self, key: str) -> str | None:
        return self.checkpoints.get(key)

    def save_check_point(self, key: str, state: str) -> None:
        self.checkpoints[key] = state

    def get_output_index(self) -> str:
        return "casb"

    def get_sourcetype(self) -> str:
        return "casb:change"

    def log_error(self, message: str) -> None:
        self.errors.append(message)

    def new_event(self, data: str, *, index: str, sourcetype: str) -> Row:
        assert (index, sourcetype) == ("casb", "casb:change")
        row: Row = orjson.loads(data)
        return row

    def send_http_request(
        self,
        url: str,
        method: str,
        *,
        parameters: dict[str, str],
        headers: dict[str, str],
        timeout: float,
    ) -> requests.Response:
        with requests.Session() as session:
            session.trust_env = False
            return session.request(
                method, url, params=parameters, headers=headers, timeout=timeout
            )


@dataclass
class PythonInput:
    """The page's code as it stands; ``writes`` is how many events until a crash."""

    world: ServedWorld
    key: str = ""
    crash_after: int | None = None

    def __post_init__(self) -> None:
        self.names: dict[str, Any] = {}
        code = in_small_pages(block(PAGE, "python", "def collect_events"))
        exec(compile(code, PAGE, "exec"), self.names)  # noqa: S102 - the page's own code
        key = self.key or self.world.key()
        self.helper = Helper({"export_url": self.world.address, "api_key": key})

    def run(self) -> list[Row]:
        """Collect once."""
        rows: list[Row] = []

        def write_event(event: Row) -> None:
            if len(rows) == self.crash_after:
                raise KeyboardInterrupt
            rows.append(event)

        try:
            self.names["collect_events"](
                self.helper, SimpleNamespace(write_event=write_event)
            )
        except KeyboardInterrupt:
            self.crash_after = None
        return rows


@dataclass
class RestInput:
    """A REST input: one page a run, and a checkpoint out of the answer."""

    world: ServedWorld
    checkpoint: str = ""

    def __post_init__(self) -> None:
        self.fields = conf_block(PAGE, "[REST settings]")
        self.key = self.world.key()
        initial = self.fields["Checkpoint settings"]["Checkpoint initial value"]
        self.checkpoint = initial

    def run(self) -> list[Row]:
        """Run as often as there is something; the last run brings nothing."""
        rows: list[Row] = []
        while page := self._once():
            rows += page
        return rows

    def _once(self) -> list[Row]:
        settings = self.fields["Checkpoint settings"]
        url = self.fields["REST settings"]["REST URL"]
        params = {
            name: in_small_pages(value)
            for name, value in self.fields["REST URL parameters"].items()
        }
        headers = {
            name: value.replace("CASB_API_KEY", self.key)
            for name, value in self.fields["REST request headers"].items()
        }
        params[settings["Checkpoint parameter name"]] = self.checkpoint
        url = url.replace("https://casb.example.com", self.world.url)
        answer = self.world.ask(url, params, headers)
        assert answer.status_code == 200, answer.text
        body = answer.json()
        assert self.fields["Event extraction settings"]["JSON path"] == "$.items[*]"
        self.checkpoint = body[settings["Checkpoint field path"]]
        rows: list[Row] = body["items"]
        return rows
