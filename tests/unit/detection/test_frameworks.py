"""A detector's findings speak to controls that its manifest names."""

from typing import Any

import pytest

from casb_sdk.manifest import ManifestError, read_manifest
from casb_sdk.registry import load_registry
from connector.detection.finding_types import finding_types
from tests.unit.detection.shelf import Shelf, package_of

NAMED = ["SOC 2 CC6.1", "House rule 7"]


def declared(shelf: Shelf, frameworks: object) -> tuple[str, ...]:
    """Install a plugin whose manifest names controls, and read that."""

    def with_frameworks(manifest: dict[str, Any]) -> None:
        if frameworks is not None:
            manifest["detectors"][0]["frameworks"] = frameworks

    shelf.install("acme", change=with_frameworks)
    distribution = shelf.distribution("casb-detector-acme")
    [detector] = read_manifest(distribution, package_of("acme")).detectors
    return detector.frameworks


@pytest.mark.parametrize(("given", "read"), [(None, []), ([], []), (NAMED, NAMED)])
def test_a_manifest_names_controls_or_none(
    shelf: Shelf, given: object, read: list[str]
) -> None:
    assert declared(shelf, given) == tuple(read)


@pytest.mark.parametrize("given", ["SOC 2", [""], [" CC6.1"], NAMED * 2, [7]])
def test_what_is_no_list_of_names_is_refused(shelf: Shelf, given: object) -> None:
    with pytest.raises(ManifestError, match="frameworks"):
        declared(shelf, given)


def test_a_finding_type_has_the_controls_of_its_manifest() -> None:
    registry = load_registry()

    types = finding_types(registry)

    for id_, installed in registry.detectors.items():
        assert types[id_].frameworks == installed.declared.frameworks
