import json
from dataclasses import replace
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from casb_sdk import Affected, Finding, ItemRef
from connector.export.native import native_finding
from connector.export.ndjson import ndjson
from connector.export.ocsf import ocsf_event
from connector.export.text import in_one_line, well_formed
from tests.unit.export.factory import GUEST, PAGE, exposed, rich_finding, tracked

RIGHT_TO_LEFT = "\u202egnp.exe\u202c"
HOSTILE = [
    "a\x00b\x1b[31mc\r\n2026-01-01 critical: forged",
    RIGHT_TO_LEFT,
    "x" * 10_000,
    "half a pair: \ud83d",
    "\u2028\u2029\x85\x7f\ufeff",
    '=HYPERLINK("https://evil.example")',
    "</script><script>alert(1)</script>",
    "",
]


def titled(title: str) -> Finding:
    return replace(
        rich_finding(),
        resource=replace(PAGE, title=title),
        principals=(exposed(replace(GUEST, display_name=title)),),
        affected=Affected(1, (ItemRef("page", "1", title),)),
        labels={title: title},
        details={title: title},
    )


@pytest.mark.parametrize("title", HOSTILE, ids=ascii)
def test_a_hostile_title_comes_through_as_one_line_of_json(title: str) -> None:
    known = tracked(titled(title))

    lines = b"".join(ndjson([native_finding(known), ocsf_event(known)])).decode()

    assert len(lines.splitlines()) == 2
    row, event = (json.loads(line) for line in lines.splitlines())
    assert row["resource"]["title"] == well_formed(title)
    assert row["affected"]["sample"][0]["title"] == well_formed(title)
    assert event["metadata"]["event_code"] == "external-content-edit"


@given(st.text(st.characters(), max_size=60))
def test_any_title_can_be_encoded(title: str) -> None:
    known = tracked(titled(title))

    for row in (native_finding(known), ocsf_event(known)):
        assert orjson.loads(orjson.dumps(row)) == row


def test_halves_of_a_pair_are_joined_and_lone_ones_replaced() -> None:
    assert well_formed("\ud83d\ude00 and \ude00") == "\U0001f600 and \ufffd"


def test_text_that_is_well_formed_stays_as_it_is() -> None:
    assert well_formed("naïve \u202e 日本 \U0001f600") == "naïve \u202e 日本 \U0001f600"


def test_the_message_of_an_event_cannot_be_forged_by_a_title() -> None:
    title = f"Home\r\n2026-01-01 critical: forged {RIGHT_TO_LEFT}\x1b[31m"

    message: Any = ocsf_event(tracked(titled(title)))["message"]

    assert message == (
        "External collaborators with edit access to content: "
        'page "Home 2026-01-01 critical: forged gnp.exe [31m" in DOCS'
    )


def test_a_long_title_is_short_in_a_message() -> None:
    message: Any = ocsf_event(tracked(titled("x" * 10_000)))["message"]

    assert len(message) < 400
    assert in_one_line("x" * 10, 4) == "xxx…"
