from dataclasses import replace
from typing import Any

import orjson
import pytest

from casb_sdk import Resource
from connector.domain.feed import FeedPosition
from connector.domain.finding_state import Aside, Change, ChangeType, Status
from connector.domain.one_line import in_one_line
from connector.export.native import native_change, without_evidence
from connector.export.redacted_lines import lines_without_evidence
from tests.unit.export.factory import (
    LATER,
    PUBLIC_URL,
    SITE_URL,
    TYPES,
    finding,
    rich_finding,
    tracked,
)

ASIDE = Aside("s-1", "Gus asked for it", "ada@acme.example", LATER)
HOME = Resource("space", "8", "~557058:0wner", "Olga", "/wiki", "~557058:0wner")
PAGE = Resource("page", "7", "", "Line\u2028two, 100% {}\n", "/wiki/7", "DOCS")
FOUND = [
    *map(finding, TYPES),
    rich_finding(),
    replace(rich_finding(), resource=HOME),
    replace(rich_finding(), resource=PAGE, labels={"}": "}\n", "\u2029": "\\"}),
    replace(rich_finding(), affected=None, principals=()),
]


def line_of(found: Any) -> bytes:
    aside = replace(tracked(found, Status.SUPPRESSED), aside=ASIDE, assignee="ada")
    row = native_change(
        Change(ChangeType.SUPPRESSED, aside, ("status",)),
        FeedPosition(1, LATER),
        site_url=SITE_URL,
        public_url=PUBLIC_URL,
    )
    return in_one_line(orjson.dumps(row)) + b"\n"


@pytest.mark.parametrize("found", FOUND)
def test_a_line_loses_what_the_row_would_lose(found: Any) -> None:
    line = line_of(found)

    [told] = lines_without_evidence(line).splitlines()

    assert orjson.loads(told) == without_evidence(orjson.loads(line))


def test_every_line_stays_a_line_of_its_own() -> None:
    lines = [line_of(found) for found in FOUND]

    told = lines_without_evidence(b"".join(lines))

    assert told == b"".join(map(lines_without_evidence, lines))
    assert len(told.decode().splitlines()) == len(FOUND)


def test_a_field_that_nobody_listed_is_left_out() -> None:
    row = orjson.loads(line_of(rich_finding())) | {"whoever": "gus"}

    told = orjson.loads(lines_without_evidence(orjson.dumps(row) + b"\n"))

    assert told.keys() == row.keys() - {"whoever"}
