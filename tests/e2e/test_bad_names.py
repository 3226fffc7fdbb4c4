"""Names that strangers gave steer no terminal, break no document, hide no finding."""

import unicodedata
from typing import Any

import pytest

from casb_sdk.cloud import CloudSite
from casb_sdk.testing.variants import renamed
from tests.e2e.conftest import StartCloud
from tests.e2e.operator import Operator, accept, findings
from tests.unit.use_cases.sites import leaky

ACME = "https://acme.atlassian.net"
NAMES = {
    "control characters": "\x00\x07\x08\x1b[31mred\x1b[0m\x1b]0;title\x07\x7f\x9b2J",
    "line breaks": "one\r\ntwo\tthree\u2028four\u2029five\x85",
    "right-to-left marks": "\u202egpj.exe\u202c \u2066x\u2069 \u200f\u061c\u200e",
    "10,000 characters": "A" * 10_000,
    "markup": "[bold]b[/bold] <script>alert(1)</script> =1+1 '; DROP TABLE findings;",
}
STEERING = frozenset({"Cc", "Cs", "Zl", "Zp"})
DIRECTION = set(
    "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)
SCREENS = (
    ["findings"],
    ["findings", "list", "--implied", "include", "--status", "all"],
    ["sites", "show", ACME],
    ["scan", ACME],
)


def scanned(name: str, operator: Operator, start_cloud: StartCloud) -> Operator:
    """Scan a site on which everything and everybody is called the same."""
    site = renamed(leaky().snapshot(), name)
    operator.connected_to(start_cloud(CloudSite(site)))
    for arguments in (
        ["install"],
        ["sites", "set", ACME, "internal_domains=acme.example"],
        ["scan", ACME],
    ):
        ended = operator.casb(*arguments, browse=accept)
        assert ended.code == 0, ended.err
    return operator


def steering(text: str) -> set[str]:
    """Return the characters in a text that a terminal obeys."""
    return {
        character
        for character in set(text) - {"\n"}
        if unicodedata.category(character) in STEERING or character in DIRECTION
    }


def titles(rows: list[dict[str, Any]]) -> set[str]:
    return {row["resource"]["title"] for row in rows}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_hostile_names_are_kept_as_they_are_and_shown_harmless(
    name: str, operator: Operator, start_cloud: StartCloud
) -> None:
    scanned(name, operator, start_cloud)

    rows = findings(operator)
    events = operator.casb("findings", "list", "--json", "--schema", "ocsf")
    one = ["findings", "show", rows[0]["id"]]
    items = ["findings", "resources", rows[0]["id"]]
    screens = [operator.casb(*command) for command in (*SCREENS, one, items)]

    assert len({row["finding_type"] for row in rows}) == 10
    assert name in titles(rows)
    assert len(events.json) == len(rows)
    assert {event["class_uid"] for event in events.json} == {2004}
    for ended in screens:
        assert ended.code == 0, ended.err
        assert steering(ended.out + ended.err) == set()
        assert "Traceback" not in ended.err
    raw = [operator.casb("findings", "--json").out, events.out]
    assert not any(set(map(chr, range(32))) - {"\n"} & set(text) for text in raw)
