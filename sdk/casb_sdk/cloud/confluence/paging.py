"""The two ways Confluence hands out long lists, and their next links."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import quote

from casb_sdk.cloud.confluence.call import Answer, Call
from casb_sdk.cloud.jsontext import array_of, dumps
from casb_sdk.cloud.refusals import v2_bad_cursor, v2_bad_parameter

V2_DEFAULT_LIMIT = 25
V2_MAX_LIMIT = 250
READABLE = "=,()'"

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Window:
    """A piece of a list asked for by offset."""

    start: int
    limit: int

    def of(self, rows: Sequence[Row]) -> Sequence[Row]:
        """Return the rows in the window."""
        return rows[self.start : self.start + self.limit]


def v1_window(call: Call, default: int, cap: int | None = None) -> Window:
    """Return the window a v1 caller asks for; a limit above the cap is cut."""
    limit = call.query.number("limit", default)
    limit = limit if cap is None else min(limit, cap)
    return Window(call.query.number("start", 0), limit)


def v1_links(call: Call, window: Window, *, more: bool) -> str:
    """Return the links of a v1 list paged by offset."""
    site, path = call.site, call.path.removeprefix("/wiki")
    links = {"base": site.base, "context": "/wiki", "self": f"{site.base}{path}"}
    if more:
        others = call.query.others("start", "limit")
        rest = "".join(f"&{name}={_plain(value)}" for name, value in others)
        after = window.start + window.limit
        links["next"] = f"{path}?limit={window.limit}&start={after}{rest}"
    return dumps(links)


def v1_page(call: Call, window: Window, pieces: Sequence[str], links: str) -> str:
    """Return a v1 list as Confluence wraps it."""
    return (
        f'{{"results":{array_of(pieces)},"start":{window.start},'
        f'"limit":{window.limit},"size":{len(pieces)},"_links":{links}}}'
    )


def v1_list(
    call: Call, rows: Sequence[Row], window: Window, render: Callable[[Row], str]
) -> str:
    """Return one window of a v1 list."""
    pieces = [render(row) for row in window.of(rows)]
    more = window.start + len(pieces) < len(rows)
    return v1_page(call, window, pieces, v1_links(call, window, more=more))


def v2_limit(call: Call) -> int:
    """Return the limit of a v2 list."""
    limit = call.query.number("limit", V2_DEFAULT_LIMIT)
    if not 1 <= limit <= V2_MAX_LIMIT:
        raise v2_bad_parameter("limit")
    return limit


def v2_offset(call: Call) -> int:
    """Return how many rows a v2 cursor has already passed."""
    cursor = call.query.text("cursor")
    return v2_position(cursor)[1] if cursor else 0


def v2_position(cursor: str) -> tuple[str, int]:
    """Return what a v2 cursor of ours says: the last id, and rows passed."""
    try:
        value = json.loads(base64.b64decode(cursor, validate=True))
        return str(value["id"]), int(value["contentOrderValue"])
    except (binascii.Error, ValueError, KeyError, TypeError):
        raise v2_bad_cursor() from None


def v2_cursor(last_id: str, value: int, order: str = "id") -> str:
    """Return a cursor as v2 makes them: opaque, padded with equal signs."""
    body = {"id": last_id, "contentOrder": order, "contentOrderValue": value}
    text = dumps(body)
    # Always padded, so that callers meet the unescaped equal sign.
    text += " " * ((1 - len(text)) % 3)
    return base64.b64encode(text.encode()).decode()


def v2_answer(call: Call, pieces: Sequence[str], cursor: str = "") -> Answer:
    """Return a v2 list; with a cursor there is more."""
    links = {"base": call.site.base}
    header = f'<{call.site.base}>; rel="base"'
    if cursor:
        others = call.query.others("cursor")
        rest = "".join(f"&{name}={_plain(value)}" for name, value in others)
        links["next"] = f"{call.path}?cursor={cursor}{rest}"
        header = f'<{links["next"]}>; rel="next", {header}'
    body = f'{{"results":{array_of(pieces)},"_links":{dumps(links)}}}'
    return Answer(body, headers=(("Link", header),))


def v2_list(
    call: Call, rows: Sequence[Row], render: Callable[[Row], str], kind: str
) -> Answer:
    """Return one page of a v2 list kept in memory; ``kind`` says what it costs."""
    limit, offset = v2_limit(call), v2_offset(call)
    pieces = [render(row) for row in rows[offset : offset + limit]]
    after = offset + len(pieces)
    cursor = v2_cursor(str(after), after) if after < len(rows) else ""
    return priced(v2_answer(call, pieces, cursor), kind, len(pieces))


def priced(answer: Answer, kind: str, count: int) -> Answer:
    """Return an answer with its objects counted as one kind."""
    counts = {"core": 0, "identity": 0, "other": 0, kind: count}
    return Answer(answer.body, headers=answer.headers, **counts)


def _plain(value: str) -> str:
    return quote(value, safe=READABLE)
