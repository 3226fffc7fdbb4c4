"""Every call we make is explained by a scope, and every scope by a call."""

import re
from pathlib import Path

import yaml

from connector.atlassian.endpoints import Endpoint
from connector.atlassian.profiles import CALLS_OF_CURRENT, OPTIONAL_CALLS

ROOT = Path(__file__).parents[2]
CURRENT = yaml.safe_load((ROOT / "manifests" / "connector.yml").read_text("utf-8"))[
    "oauth"
]["profiles"]["current"]
NOT_ABOUT_CONFLUENCE = {"read:me", "offline_access"}
ASKED_AHEAD = {
    # So that a later release of the reader needs no new consent of every site.
    "read:confluence-content.summary",
    "read:confluence-space.summary",
}


def plain(call: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", call)


def calls_of(*, optional: bool) -> dict[str, set[str]]:
    return {
        line["scope"]: set(map(plain, line["calls"]))
        for line in CURRENT
        if line.get("optional", False) is optional
    }


def explained(endpoint: Endpoint, lines: dict[str, set[str]]) -> bool:
    return plain(endpoint.name) in lines.get(endpoint.scope, set())


def test_every_call_is_explained_under_its_scope() -> None:
    lines = calls_of(optional=False)

    assert [e.name for e in CALLS_OF_CURRENT if not explained(e, lines)] == []


def test_every_optional_call_is_explained_under_an_optional_scope() -> None:
    lines = calls_of(optional=True)

    assert [e.name for e in OPTIONAL_CALLS if not explained(e, lines)] == []


def test_no_scope_is_asked_for_that_no_call_needs() -> None:
    needed = {endpoint.scope for endpoint in CALLS_OF_CURRENT}

    asked = calls_of(optional=False).keys()

    assert asked - needed == NOT_ABOUT_CONFLUENCE | ASKED_AHEAD
