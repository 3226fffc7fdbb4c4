"""The reference says what is emitted, and what the code cites can be read."""

import re
from collections.abc import Iterator
from dataclasses import replace
from enum import StrEnum
from pathlib import Path

import pytest

from casb_sdk import (
    AnonymousUse,
    AppKind,
    Cause,
    Confidence,
    Level,
    ResourceType,
    Severity,
    Site,
    Space,
    Via,
)
from casb_sdk.access import CONTENT_TYPES
from connector.domain.finding_state import Aside, ChangeType, Resolution, Stale, Status
from connector.export.native import (
    FeedPosition,
    affected_space,
    native_change,
)
from connector.export.ocsf import UNMAPPED, ocsf_event
from tests.unit.export.factory import (
    ANONYMOUS,
    LATER,
    PUBLIC_URL,
    change,
    exposed,
    rich_finding,
)

ROOT = Path(__file__).parents[3]
DOCS = ROOT / "docs"
FINDING = (DOCS / "reference" / "finding.md").read_text("utf-8")
OCSF = (DOCS / "reference" / "ocsf.md").read_text("utf-8")
ACCESS_MODEL = (DOCS / "explanation" / "access-model.md").read_text("utf-8")
FIELDS, AFFECTED_ITEMS = FINDING.split("## Affected items")
ATTRIBUTES = OCSF.split("## Attributes")[1].split("## Activities")[0]
OPEN_MAPS = {"labels", "details", "unmapped", "resources[].data", "evidences[].data"}
CODES: list[type[StrEnum]] = [
    AnonymousUse,
    Cause,
    ChangeType,
    Confidence,
    Level,
    Resolution,
    ResourceType,
    Severity,
    Status,
    Via,
]


def documented(text: str) -> list[str]:
    cells = re.findall(r"^\| (`[^|]+) \|", text, re.MULTILINE)
    return [name for cell in cells for name in re.findall(r"`([^`]+)`", cell)]


def paths_of(value: object, name: str = "") -> Iterator[str]:
    """Yield the name of every field within a value, containers included."""
    if name and not name.endswith("[]"):
        yield name
    if isinstance(value, dict) and name not in OPEN_MAPS:
        for key, one in value.items():
            yield from paths_of(one, f"{name}.{key}" if name else key)
    if isinstance(value, list) and value and isinstance(value[0], dict):
        for one in value:
            yield from paths_of(one, f"{name}[]")


def leaves_of(value: object) -> set[str]:
    """Return the paths of a value that lead no further."""
    paths = set(paths_of(value))
    return {
        path
        for path in paths
        if not any(other.startswith((f"{path}.", f"{path}[]")) for other in paths)
    }


def fullest_row() -> dict[str, object]:
    known = change(ChangeType.SUPPRESSED, rich_finding())
    return native_change(
        replace(
            known,
            finding=replace(
                known.finding,
                stale=Stale("x", LATER),
                aside=Aside("s-1", "agreed", "ada", LATER),
                assignee="bob",
            ),
            reason="outgrew_suppression",
        ),
        FeedPosition(1, LATER),
        public_url=PUBLIC_URL,
    )


def fullest_event() -> dict[str, object]:
    found = rich_finding()
    known = change(
        ChangeType.RESOLVED,
        replace(found, principals=(*found.principals, exposed(ANONYMOUS))),
    )
    return ocsf_event(known, position=FeedPosition(1, LATER), public_url=PUBLIC_URL)


def test_every_field_of_a_finding_is_documented_once_and_no_other() -> None:
    assert sorted(documented(FIELDS)) == sorted(set(paths_of(fullest_row())))


def test_every_field_of_an_affected_item_is_documented() -> None:
    row = affected_space(Space("7", "DOCS"), Site("acme"), [])

    assert documented(AFFECTED_ITEMS) == list(row)


@pytest.mark.parametrize("codes", CODES)
def test_every_code_is_documented(codes: type[StrEnum]) -> None:
    emitted = {code.value for code in codes} - {ChangeType.REFRESHED.value}

    assert {code for code in emitted if f"`{code}`" not in FIELDS} == set()


def test_every_type_of_resource_and_the_one_kind_of_app_are_documented() -> None:
    emitted = {*CONTENT_TYPES, AppKind.THIRD_PARTY.value}

    assert {code for code in emitted if f"`{code}`" not in FIELDS} == set()


def test_every_attribute_of_an_event_is_documented_and_no_other() -> None:
    assert set(documented(ATTRIBUTES)) == leaves_of(fullest_event())


def test_an_event_says_all_that_the_native_form_says() -> None:
    mapped = set(re.findall(r"`([a-z_]+)", ATTRIBUTES)) | set(UNMAPPED)

    assert set(fullest_row()) - mapped == set()


def test_the_sections_that_the_code_cites_are_in_the_access_model() -> None:
    sections = re.findall(r"^## (1\.\d+) ", ACCESS_MODEL, re.MULTILINE)
    code = [
        path.read_text("utf-8")
        for room in ("connector", "sdk", "plugins")
        for path in (ROOT / room).rglob("*.py")
    ]
    citations = [
        section
        for text in code
        for cited in re.findall(r"access-model((?:[ ,]+(?:to )?1\.\d+)+)", text)
        for section in re.findall(r"1\.\d+", cited)
    ]

    assert sections == [f"1.{number}" for number in range(1, 14)]
    assert citations
    assert set(citations) <= set(sections)
