"""The input `cel` of Elastic Agent: its own program, evaluated by cel-python.

The functions are mito's, by its documentation. Its macro ``x.as(name, e)`` is sugar for
``[x].map(name, e)[0]``, which is put into the tree of the program.
"""

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import celpy
from celpy.adapter import CELJSONEncoder, json_to_cel
from celpy.celtypes import BytesType, IntType, MapType, StringType, Value
from celpy.evaluation import CELFunction
from lark import Token, Transformer, Tree

from tests.recipes.pages import block, in_small_pages, yaml_block
from tests.recipes.served_world import Row, ServedWorld

PAGE = "pull-into-elastic"
HAVING = "type: cel"
UP_TO_AN_EXPRESSION = (
    *("unary", "multiplication", "addition", "relation"),
    *("conditionaland", "conditionalor", "expr"),
)


class _WithoutAs(Transformer[Token, Tree[Token]]):
    def member_dot_arg(self, children: list[Any]) -> Tree[Token]:
        """Write ``x.as(name, e)`` as ``[x].map(name, e)[0]``."""
        if children[1] != "as":
            return Tree("member_dot_arg", children)
        target, _, arguments = children
        listed = _node("list_lit", Tree("exprlist", [_expression(target)]))
        only = _node("member", _node("primary", listed))
        called = Tree("member_dot_arg", [only, Token("IDENT", "map"), arguments])
        zero = _node("primary", _node("literal", Token("INT_LIT", "0")))
        index = _expression(_node("member", zero))
        return Tree("member_index", [_node("member", called), index])


def _node(name: str, child: Any) -> Tree[Token]:
    return Tree(name, [child])


def _expression(member: Any) -> Tree[Token]:
    for name in UP_TO_AN_EXPRESSION:
        member = _node(name, member)
    return Tree("expr", member.children)


def _python(value: Any) -> Any:
    return CELJSONEncoder.to_python(value)


def _request(method: StringType, url: StringType) -> Value:
    return json_to_cel({"Method": str(method), "URL": str(url)})


def _with(target: MapType, update: MapType) -> MapType:
    return MapType({**target, **update})


def _decode_json(text: BytesType) -> Value:
    return json_to_cel(json.loads(bytes(text)))


def _encode_json(value: Value) -> StringType:
    return StringType(json.dumps(_python(value)))


def _format_query(values: MapType) -> StringType:
    return StringType(urlencode(_python(values), doseq=True))


FUNCTIONS: dict[str, CELFunction] = {
    "request": _request,
    "with": _with,
    "decode_json": _decode_json,
    "encode_json": _encode_json,
    "format_query": _format_query,
}


def settings() -> dict[str, Any]:
    """Return the input as configured, asking for few rows at a time."""
    [input_] = yaml_block(PAGE, HAVING)["filebeat.inputs"]
    assert input_["state"]["page_size"] in block(PAGE, "yaml", HAVING)
    input_["state"]["page_size"] = in_small_pages(input_["state"]["page_size"])
    assert isinstance(input_, dict)
    return input_


@dataclass
class CelInput:
    """The input: it keeps the cursor once all events of a page are published."""

    world: ServedWorld
    key: str = ""
    cursor: dict[str, str] = field(default_factory=dict)
    error: Any = None

    def __post_init__(self) -> None:
        self.input = settings()
        key = self.key or self.world.key()
        self.state = self.input["state"] | {"url": self.world.address, "api_key": key}
        environment = celpy.Environment()
        program = environment.compile(self.input["program"])
        self.program = environment.program(
            _WithoutAs().transform(program),
            functions=FUNCTIONS | {"do_request": self._do_request},
        )

    def run(self) -> list[Row]:
        """Evaluate while the program wants more and told of something."""
        state = dict(self.state)
        rows: list[Row] = []
        if self.cursor:
            state["cursor"] = self.cursor
        while True:
            given = json_to_cel(state)
            state = _python(self.program.evaluate({"state": given}))
            events = state.pop("events")
            if isinstance(events, dict):
                self.error = events["error"]
                return rows
            rows += [json.loads(event["message"]) for event in events]
            self.cursor = state.get("cursor", self.cursor)
            assert state["url"] == self.world.address
            if not (state.get("want_more") and events):
                return rows

    def _do_request(self, request: MapType) -> MapType:
        asked = _python(request)
        assert asked["Method"] == "GET"
        headers = {name: ", ".join(values) for name, values in asked["Header"].items()}
        answer = self.world.ask(asked["URL"], {}, headers)
        return MapType(
            {
                StringType("StatusCode"): IntType(answer.status_code),
                StringType("Body"): BytesType(answer.content),
            }
        )
