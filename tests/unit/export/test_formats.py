import json
from collections.abc import Iterator

import pytest

from connector.domain.errors import UsageError
from connector.export.formats import (
    FORMATS,
    JSON,
    NDJSON,
    Format,
    format_named,
    json_page,
)

ROWS: list[dict[str, object]] = [{"a": 1}, {"b": "two\nlines"}]


def test_ndjson_is_one_line_a_row() -> None:
    assert b"".join(NDJSON.write(ROWS)) == b'{"a":1}\n{"b":"two\\nlines"}\n'
    assert list(NDJSON.write([])) == []


def test_ndjson_escapes_what_some_readers_take_for_the_end_of_a_line() -> None:
    [line] = NDJSON.write([{"title": "a\u2028b\u2029c\x85d"}])

    assert line == b'{"title":"a\\u2028b\\u2029c\\u0085d"}\n'


@pytest.mark.parametrize("rows", [[], ROWS[:1], ROWS], ids=len)
def test_json_is_one_array(rows: list[dict[str, object]]) -> None:
    assert json.loads(b"".join(JSON.write(rows))) == rows


@pytest.mark.parametrize("rows", [[], ROWS], ids=len)
def test_a_page_is_one_object_whose_rest_is_known_at_its_end(
    rows: list[dict[str, object]],
) -> None:
    written: list[object] = []

    def passing() -> Iterator[dict[str, object]]:
        for row in rows:
            written.append(row)
            yield row

    page = b"".join(json_page(passing(), lambda: {"checkpoint": len(written)}))

    assert json.loads(page) == {"items": rows, "checkpoint": len(rows)}


def test_a_page_needs_nothing_but_its_items() -> None:
    assert json.loads(b"".join(json_page(ROWS, dict))) == {"items": ROWS}


@pytest.mark.parametrize("format_", FORMATS.values(), ids=lambda f: f.name)
def test_a_format_holds_no_rows_back(format_: Format) -> None:
    def endless() -> Iterator[dict[str, object]]:
        while True:
            yield {"a": 1}

    chunks = format_.write(endless())

    assert b'{"a":1}' in next(chunks)
    assert b'{"a":1}' in next(chunks)


def test_a_format_is_found_by_its_name() -> None:
    assert format_named("ndjson").media_type == "application/x-ndjson"


def test_an_unknown_format_is_refused_with_those_there_are() -> None:
    with pytest.raises(UsageError, match=r"no format xml\. Ask for one of json"):
        format_named("xml")
