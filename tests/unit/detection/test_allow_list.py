import sys
from typing import Any

import pytest

from casb_sdk.allow_list import AllowList
from casb_sdk.package_files import content_sha256
from casb_sdk.registry import Registry, load_registry
from tests.unit.detection.shelf import Shelf, package_of


def load(shelf: Shelf, **entry: Any) -> Registry:
    allow = AllowList.of([{"id": "acme", **entry}])
    return load_registry(shelf.entry_points(), allow=allow)


def sha256(shelf: Shelf) -> str:
    return content_sha256(shelf.distribution("casb-detector-acme"))


def test_a_plugin_that_is_not_named_is_refused_unread(shelf: Shelf) -> None:
    shelf.install("acme")
    shelf.install("other")

    registry = load(shelf)

    assert list(registry.detectors) == ["acme"]
    [failure] = registry.failures
    assert failure.reason == "the allow-list does not name it"
    assert "manifests/connector.yml" in failure.remedy
    assert package_of("other") not in sys.modules


def test_an_empty_list_allows_nothing(shelf: Shelf) -> None:
    shelf.install("acme")

    registry = load_registry(shelf.entry_points(), allow=AllowList({}))

    assert registry.detectors == {}


def test_a_version_outside_the_range_is_refused(shelf: Shelf) -> None:
    shelf.install("acme", version="2.0")

    [failure] = load(shelf, version=">=1.3,<2").failures

    assert failure.reason == "the allow-list names only its versions <2,>=1.3"


def test_the_very_content_that_was_allowed_loads(shelf: Shelf) -> None:
    shelf.install("acme")

    registry = load(shelf, version=">=1", record_sha256=sha256(shelf))

    assert list(registry.detectors) == ["acme"]


def test_other_content_is_refused_and_its_hash_told(shelf: Shelf) -> None:
    shelf.install("acme")

    [failure] = load(shelf, record_sha256="0" * 64).failures

    assert sha256(shelf) in failure.reason


def test_the_hash_does_not_depend_on_who_installed(shelf: Shelf) -> None:
    shelf.install("acme")
    before = sha256(shelf)
    info = shelf.dist_info("casb-detector-acme")
    (info / "INSTALLER").write_text("pip\n", "utf-8")
    with (info / "RECORD").open("a", encoding="utf-8") as record:
        record.write(f"\n{info.name}/INSTALLER,sha256=abc,4\n")
        record.write(f"{package_of('acme')}/__pycache__/detector.cpython-311.pyc,,\n")

    assert sha256(shelf) == before


def test_a_file_changed_after_installation_is_refused(shelf: Shelf) -> None:
    shelf.install("acme")
    allowed = sha256(shelf)
    code = shelf.folder / package_of("acme") / "detector.py"
    code.write_text(code.read_text("utf-8") + "\nSTOLEN = 1\n", "utf-8")

    [failure] = load(shelf, record_sha256=allowed).failures

    assert "detector.py is not the file that was installed" in failure.reason
    assert package_of("acme") not in sys.modules


@pytest.mark.parametrize("record_sha256", ["", "0" * 64])
def test_an_editable_plugin_loads_by_id_and_never_by_hash(
    shelf: Shelf, record_sha256: str
) -> None:
    shelf.install("acme")
    shelf.make_editable("casb-detector-acme")

    registry = load(shelf, record_sha256=record_sha256)

    assert bool(registry.detectors) is not bool(record_sha256)
