"""The manifests fit their schemas, each other, and what is installed."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from casb_sdk.allow_list import AllowList
from casb_sdk.manifest import manifest_schema
from casb_sdk.registry import InstalledDetector, load_registry

ROOT = Path(__file__).parents[2]
MANIFESTS = ROOT / "manifests"
SCHEMAS = sorted((MANIFESTS / "schema").glob("*.json"))
PLUGIN_MANIFESTS = sorted((ROOT / "plugins").glob("*/*/detector.yml"))
INSTALLED = load_registry()
DETECTORS = list(INSTALLED.detectors.values())
WORDS_OF_OURS = {"boundary", "principal", "profile", "finding", "casb", "audience"}

REFERENCE_PROFILE = {
    "read:confluence-space.summary",
    "read:confluence-props",
    "read:confluence-content.all",
    "read:confluence-content.summary",
    "read:confluence-content.permission",
    "read:confluence-user",
    "read:confluence-groups",
    "offline_access",
}


def manifest(name: str) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((MANIFESTS / name).read_text("utf-8"))
    return document


def schema(name: str) -> dict[str, Any]:
    text = (MANIFESTS / "schema" / name).read_text("utf-8")
    document: dict[str, Any] = json.loads(text)
    return document


def scopes(profile: str, *, optional: bool) -> set[str]:
    lines = manifest("connector.yml")["oauth"]["profiles"][profile]
    return {line["scope"] for line in lines if line.get("optional", False) is optional}


def objects(value: object) -> list[dict[str, Any]]:
    found = [value] if isinstance(value, dict) and "properties" in value else []
    parts: list[object] = []
    if isinstance(value, dict):
        parts = list(value.values())
    elif isinstance(value, list):
        parts = value
    return found + [inner for part in parts for inner in objects(part)]


@pytest.mark.parametrize("path", SCHEMAS, ids=lambda path: path.name)
def test_a_schema_is_sound_and_lets_nothing_unknown_through(path: Path) -> None:
    document = json.loads(path.read_text("utf-8"))

    Draft202012Validator.check_schema(document)

    assert document["$schema"].endswith("2020-12/schema")
    assert all(part["additionalProperties"] is False for part in objects(document))


@pytest.mark.parametrize(
    "name", ["connector.yml", "detectors.yml", "atlassian_apps.yml"]
)
def test_a_manifest_fits_its_schema(name: str) -> None:
    validator = Draft202012Validator(schema(name.replace(".yml", ".json")))

    assert list(validator.iter_errors(manifest(name))) == []


@pytest.mark.parametrize("path", PLUGIN_MANIFESTS, ids=lambda path: path.parent.name)
def test_the_manifest_of_a_plugin_fits_the_schema(path: Path) -> None:
    document = yaml.safe_load(path.read_text("utf-8"))

    errors = Draft202012Validator(schema("detector.json")).iter_errors(document)

    assert list(errors) == []


def test_the_sdk_and_the_manifests_folder_carry_the_same_schema() -> None:
    """The SDK's is the one that counts; the other is there to be found."""
    assert schema("detector.json") == manifest_schema()


def test_all_shipped_plugins_load_without_a_word() -> None:
    assert INSTALLED.failures == ()
    assert INSTALLED.warnings == ()
    assert len(PLUGIN_MANIFESTS) == 10
    assert {path.parent.parent.name.replace("_", "-") for path in PLUGIN_MANIFESTS} == (
        set(INSTALLED.detectors)
    )


def test_the_catalogue_says_what_the_packages_say() -> None:
    listed = {entry["id"]: entry for entry in manifest("detectors.yml")["detectors"]}

    said = {found.id: catalogue_entry(found) for found in DETECTORS}

    assert listed == said


def catalogue_entry(found: InstalledDetector) -> dict[str, Any]:
    detector = found.detector
    entry = {
        "id": detector.id,
        "distribution": found.distribution,
        "title": detector.title,
        "severity": detector.severity,
        "category": detector.category,
        "summary": found.manifest.description,
        "resources": list(found.declared.resources),
    }
    if detector.implied_by:
        entry["implied_by"] = detector.implied_by
    return entry


@pytest.mark.parametrize("found", DETECTORS, ids=lambda found: found.id)
def test_a_detector_is_what_its_manifest_declares(found: InstalledDetector) -> None:
    detector = found.detector

    assert found.manifest.name == detector.title
    assert found.declared.severity is detector.severity
    assert found.declared.module == type(detector).__module__
    assert "0.1" in found.manifest.sdk
    assert not found.manifest.scopes


@pytest.mark.parametrize("found", DETECTORS, ids=lambda found: found.id)
def test_a_detector_speaks_to_an_administrator(found: InstalledDetector) -> None:
    for text in (found.detector.rationale, found.detector.remediation):
        words = set(text.lower().replace(".", " ").replace(",", " ").split())
        assert text.endswith((".", "?"))
        assert text.count(".") + text.count("?") >= 2
        assert not words & WORDS_OF_OURS


def test_every_stronger_detector_is_one_of_ours() -> None:
    weaker = {found.detector.implied_by for found in DETECTORS} - {None}

    assert weaker == {
        "external-content-edit",
        "app-content-edit",
        "unknown-space-edit",
    }


def test_the_reference_profile_is_the_reference_products_list() -> None:
    assert scopes("reference", optional=False) == REFERENCE_PROFILE
    assert scopes("reference", optional=True) == set()


def test_the_current_profile_drops_what_reaches_nothing_and_adds_what_lists() -> None:
    assert scopes("current", optional=False) == REFERENCE_PROFILE - {
        "read:confluence-props"
    } | {
        "search:confluence",
        "read:space:confluence",
        "read:space.permission:confluence",
        "read:page:confluence",
        "read:user:confluence",
        "read:configuration:confluence",
        "read:me",
    }


def test_every_scope_of_the_current_profile_is_for_a_call() -> None:
    for line in manifest("connector.yml")["oauth"]["profiles"]["current"]:
        assert line["calls"], line["scope"]


def test_the_connector_allows_the_detectors_it_ships() -> None:
    allow = AllowList.of(manifest("connector.yml")["plugins"]["allow"])

    registry = load_registry(allow=allow)

    assert registry.failures == ()
    assert set(allow.plugins) == set(INSTALLED.detectors)


def test_only_apps_seen_by_two_sources_are_taken_for_atlassians_own() -> None:
    apps = manifest("atlassian_apps.yml")["apps"]

    assert {app["name"] for app in apps} == {
        "Confluence Analytics (System)",
        "Automation for Jira",
        "Atlassian Assist",
    }
    assert len({app["account_id"] for app in apps}) == len(apps)
