import hashlib
import json
import socket
from base64 import urlsafe_b64encode
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from casb_sdk import Severity
from casb_sdk.manifest import (
    ConfigError,
    DetectorManifest,
    ManifestError,
    read_manifest,
)
from tests.unit.detection.shelf import Shelf, package_of

PACKAGE = package_of("acme")

SETTINGS = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "days": {"type": "integer", "minimum": 1, "default": 30},
        "spaces": {"type": "array", "items": {"type": "string"}, "default": []},
    },
}


def read(shelf: Shelf) -> DetectorManifest:
    return read_manifest(shelf.distribution("casb-detector-acme"), PACKAGE)


def with_settings(manifest: dict[str, Any]) -> None:
    manifest["detectors"][0]["config"] = "schemas/acme.json"


def install_with_settings(shelf: Shelf, schema: object) -> None:
    text = schema if isinstance(schema, str) else json.dumps(schema)
    shelf.install("acme", change=with_settings, files={"schemas/acme.json": text})


def test_a_manifest_is_read_without_importing_the_plugin(shelf: Shelf) -> None:
    shelf.install("acme", code="raise AssertionError('imported')")

    manifest = read(shelf)

    assert manifest.id == "acme"
    assert manifest.publisher.name == "Example Ltd"
    assert "0.5" in manifest.sdk
    assert manifest.data == {"space-permissions"}
    assert manifest.scopes == frozenset()
    [detector] = manifest.detectors
    assert detector.id == "acme"
    assert detector.severity is Severity.LOW
    assert detector.resources == ("space",)
    assert manifest.is_verified


def test_what_a_manifest_leaves_out_has_a_default(shelf: Shelf) -> None:
    shelf.install("acme")

    manifest = read(shelf)

    assert (manifest.timeout_seconds, manifest.memory_mb) == (20, 256)


def test_a_manifest_that_was_changed_after_installation_is_refused(
    shelf: Shelf,
) -> None:
    shelf.install("acme")
    path = shelf.folder / PACKAGE / "detector.yml"
    path.write_text(path.read_text("utf-8") + "\n", "utf-8")

    with pytest.raises(ManifestError, match="its hash differs") as caught:
        read(shelf)

    assert caught.value.distribution == "casb-detector-acme 1.0"
    assert caught.value.file == f"{PACKAGE}/detector.yml"
    assert "install it again" in caught.value.remedy


def test_a_manifest_without_a_hash_is_refused(shelf: Shelf) -> None:
    shelf.install("acme")
    record = shelf.dist_info("casb-detector-acme") / "RECORD"
    record.write_text(f"{PACKAGE}/detector.yml,,\n", "utf-8")

    with pytest.raises(ManifestError, match="RECORD has no hash for it"):
        read(shelf)


def test_a_manifest_hashed_in_a_way_that_proves_nothing_is_refused(
    shelf: Shelf,
) -> None:
    shelf.install("acme")
    record = shelf.dist_info("casb-detector-acme") / "RECORD"
    content = (shelf.folder / PACKAGE / "detector.yml").read_bytes()
    digest = hashlib.md5(content, usedforsecurity=False).digest()
    md5 = urlsafe_b64encode(digest).rstrip(b"=").decode()
    record.write_text(f"{PACKAGE}/detector.yml,md5={md5},\n", "utf-8")

    with pytest.raises(ManifestError, match="its hash differs"):
        read(shelf)


def test_a_distribution_without_a_manifest_says_so(shelf: Shelf) -> None:
    shelf.install("acme")
    record = shelf.dist_info("casb-detector-acme") / "RECORD"
    record.write_text("", "utf-8")

    with pytest.raises(ManifestError, match="not among the installed files"):
        read(shelf)


def test_a_manifest_that_is_listed_and_gone_says_so(shelf: Shelf) -> None:
    shelf.install("acme")
    (shelf.folder / PACKAGE / "detector.yml").unlink()

    with pytest.raises(ManifestError, match=r"cannot be read \(No such file"):
        read(shelf)


def test_an_editable_installation_is_read_from_its_source_unverified(
    shelf: Shelf,
) -> None:
    shelf.install("acme", code="raise AssertionError('imported')")
    shelf.make_editable("casb-detector-acme")

    manifest = read(shelf)

    assert manifest.id == "acme"
    assert not manifest.is_verified


def test_an_editable_installation_whose_source_is_gone_says_so(shelf: Shelf) -> None:
    shelf.install("acme")
    shelf.make_editable("casb-detector-acme")

    with pytest.raises(ManifestError, match="package moved_away cannot be found"):
        read_manifest(shelf.distribution("casb-detector-acme"), "moved_away")


def drop_publisher(manifest: dict[str, Any]) -> None:
    del manifest["plugin"]["publisher"]


def ask_for_more(manifest: dict[str, Any]) -> None:
    manifest["permissions"]["data"].append("tokens")


def add_a_key(manifest: dict[str, Any]) -> None:
    manifest["runtime"]["network"] = True


def leave_the_package(manifest: dict[str, Any]) -> None:
    manifest["detectors"][0]["config"] = "../../etc/passwd.json"


def declare_twice(manifest: dict[str, Any]) -> None:
    manifest["detectors"].append(deepcopy(manifest["detectors"][0]))


def want_nonsense(manifest: dict[str, Any]) -> None:
    manifest["runtime"]["sdk"] = "newest"


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (drop_publisher, "plugin: 'publisher' is a required property"),
        (ask_for_more, "permissions.data.1: 'tokens' is not one of"),
        (add_a_key, "runtime: Additional properties are not allowed"),
        (leave_the_package, "detectors.0.config: '../../etc/passwd.json' does not"),
        (declare_twice, "detectors: an id is declared twice"),
        (want_nonsense, "runtime: 'newest' is no range of versions"),
    ],
)
def test_a_manifest_that_breaks_the_format_says_where(
    shelf: Shelf, change: Callable[[dict[str, Any]], None], problem: str
) -> None:
    shelf.install("acme", change=change)

    with pytest.raises(ManifestError) as caught:
        read(shelf)

    assert caught.value.problem.startswith(problem)
    assert str(caught.value).startswith(
        f"casb-detector-acme 1.0: {PACKAGE}/detector.yml"
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: [", "not plain YAML"),
        ("a: &x [1]\nb: *x\n", "aliases are not allowed"),
        ("!!python/object/apply:os.getcwd []", "not plain YAML"),
        ("\x00", "not plain YAML"),
        ("", "None is not of type 'object'"),
        ("#" * 300_000, "larger than"),
    ],
    ids=["broken", "alias", "code", "binary", "empty", "huge"],
)
def test_a_manifest_that_is_no_plain_yaml_is_refused(
    shelf: Shelf, text: str, problem: str
) -> None:
    shelf.install("acme")
    shelf.make_editable("casb-detector-acme")
    (shelf.folder / PACKAGE / "detector.yml").write_text(text, "utf-8")

    with pytest.raises(ManifestError, match=problem):
        read(shelf)


def test_settings_have_defaults_and_may_be_changed(shelf: Shelf) -> None:
    install_with_settings(shelf, SETTINGS)

    [detector] = read(shelf).detectors

    assert detector.default_config == {"days": 30, "spaces": []}
    assert detector.configured({"days": 7}) == {"days": 7, "spaces": []}


@pytest.mark.parametrize(
    ("settings", "problem"),
    [({"days": 0}, "days: 0 is less than"), ({"colour": "red"}, "colour")],
)
def test_settings_that_do_not_fit_are_refused(
    shelf: Shelf, settings: dict[str, object], problem: str
) -> None:
    install_with_settings(shelf, SETTINGS)
    [detector] = read(shelf).detectors

    with pytest.raises(ConfigError, match=problem):
        detector.configured(settings)


def test_a_detector_without_settings_takes_none(shelf: Shelf) -> None:
    shelf.install("acme")
    [detector] = read(shelf).detectors

    assert detector.configured({}) == {}
    with pytest.raises(ConfigError):
        detector.configured({"days": 1})


@pytest.mark.parametrize(
    ("schema", "problem"),
    [
        ("{", "it is not JSON"),
        ({"type": "list"}, "it is no JSON Schema"),
        ({"type": "array"}, "it must describe an object"),
        ({"type": "object", "properties": {"days": {}}}, "no default for days"),
        (
            {
                "type": "object",
                "properties": {"days": {"type": "integer", "default": "many"}},
            },
            "its own defaults do not fit it: days: 'many' is not of type",
        ),
        (
            {
                "type": "object",
                "properties": {
                    "days": {"$ref": "http://example.invalid/a.json", "default": 1}
                },
            },
            "the schema points outside of itself: http://example.invalid/a.json",
        ),
    ],
    ids=["broken", "schema", "array", "default", "misfit", "elsewhere"],
)
def test_a_schema_of_settings_that_cannot_be_used_is_named(
    shelf: Shelf, schema: object, problem: str
) -> None:
    install_with_settings(shelf, schema)

    with pytest.raises(ManifestError) as caught:
        read(shelf)

    assert problem in caught.value.problem
    assert caught.value.file == f"{PACKAGE}/schemas/acme.json"


def test_a_schema_of_settings_is_never_fetched(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    monkeypatch.setattr(socket, "getaddrinfo", lambda *where, **_: asked.append(where))
    elsewhere = {"$ref": "http://example.invalid/a.json", "default": 1}
    install_with_settings(shelf, {"type": "object", "properties": {"days": elsewhere}})

    with pytest.raises(ManifestError):
        read(shelf)

    assert asked == []
