"""Every call we make is explained by a scope, and every scope by a call."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from connector.atlassian.endpoints import Endpoint
from connector.atlassian.legacy import REFERENCE
from connector.atlassian.probe import TRIES
from connector.atlassian.profiles import CURRENT, OPTIONAL_CALLS, PROFILES

ROOT = Path(__file__).parents[2]
LINES: dict[str, list[dict[str, Any]]] = yaml.safe_load(
    (ROOT / "manifests" / "connector.yml").read_text("utf-8")
)["oauth"]["profiles"]
CALLED_FOR_NOTHING = {
    CURRENT: {"read:me", "offline_access"},
    # The list is to be that of the reference product; no call of today needs it.
    REFERENCE: {"read:confluence-props", "offline_access"},
}


def plain(call: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", call)


def lines_of(profile: str, *, optional: bool) -> dict[str, set[str]]:
    return {
        line["scope"]: set(map(plain, line["calls"]))
        for line in LINES[profile]
        if line.get("optional", False) is optional
    }


def calls_of(profile: str) -> set[Endpoint]:
    """Return what a scan calls and what the probe after a consent calls."""
    return {*PROFILES[profile].calls, *(tried.endpoint for tried in TRIES[profile])}


def unexplained(calls: set[Endpoint], lines: dict[str, set[str]]) -> list[str]:
    return [e.name for e in calls if plain(e.name) not in lines.get(e.scope, set())]


def test_profiles_stand_in_the_manifest_and_in_the_code() -> None:
    assert LINES.keys() == PROFILES.keys() == TRIES.keys()


@pytest.mark.parametrize("profile", PROFILES)
def test_every_call_is_explained_under_a_scope_of_its_profile(profile: str) -> None:
    lines = lines_of(profile, optional=False)

    assert unexplained(calls_of(profile), lines) == []


def test_every_optional_call_is_explained_under_an_optional_scope() -> None:
    lines = lines_of(CURRENT, optional=True)

    assert unexplained({*OPTIONAL_CALLS}, lines) == []


@pytest.mark.parametrize("profile", PROFILES)
def test_no_scope_is_asked_for_that_no_call_needs(profile: str) -> None:
    needed = {endpoint.scope for endpoint in calls_of(profile)}

    asked = lines_of(profile, optional=False).keys()

    assert asked - needed == CALLED_FOR_NOTHING[profile]


@pytest.mark.parametrize("profile", PROFILES)
def test_a_call_that_explains_a_scope_is_made(profile: str) -> None:
    made = {plain(endpoint.name) for endpoint in calls_of(profile)}
    made |= {"GET /me", "POST /oauth/token"}

    explained = lines_of(profile, optional=False).values()

    assert set().union(*explained) - made == set()
