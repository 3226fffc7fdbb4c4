"""What the twelve distributions have in common, and the lock they share."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
PLUGINS = sorted((ROOT / "plugins").glob("*/pyproject.toml"))
PROJECTS = [ROOT / "pyproject.toml", ROOT / "sdk" / "pyproject.toml", *PLUGINS]
LOCK = (ROOT / "requirements.lock").read_text("utf-8")


def project(path: Path) -> dict[str, Any]:
    table: dict[str, Any] = tomllib.loads(path.read_text("utf-8"))["project"]
    return table


def folder(path: Path) -> str:
    return path.parent.name


def test_every_distribution_has_the_same_version() -> None:
    [version] = {project(path)["version"] for path in PROJECTS}

    assert version


def test_ten_detectors_are_shipped() -> None:
    assert len(PLUGINS) == 10


@pytest.mark.parametrize("path", PLUGINS, ids=folder)
def test_a_plugin_carries_one_name_everywhere(path: Path) -> None:
    detector_id = path.parent.name.replace("_", "-")
    package = f"casb_detector_{path.parent.name}"

    plugin = project(path)

    assert plugin["name"] == f"casb-detector-{detector_id}"
    assert plugin["entry-points"] == {
        "casb.detectors": {detector_id: f"{package}.detector"}
    }
    assert (path.parent / package / "py.typed").exists()


@pytest.mark.parametrize("path", PLUGINS, ids=folder)
def test_a_plugin_depends_on_the_sdk_alone_and_can_be_found(path: Path) -> None:
    plugin = project(path)

    assert plugin["dependencies"] == ["casb-sdk>=0.1,<1"]
    assert "casb-detector" in plugin["keywords"]


def test_the_lock_names_no_address() -> None:
    assert "://" not in LOCK
    assert "--index" not in LOCK


def test_the_lock_fixes_every_package_by_hash() -> None:
    packages = re.findall(r"^([a-z0-9-]+==\S+.*)$", LOCK, re.MULTILINE)

    assert packages
    assert all(line.endswith("\\") for line in packages)
    assert len(packages) == len(re.findall(r"^\S", LOCK, re.MULTILINE))


def test_the_lock_satisfies_every_declared_dependency() -> None:
    locked = dict(re.findall(r"^([a-z0-9-]+)==([^\s;]+)", LOCK, re.MULTILINE))
    declared = [
        Requirement(line) for path in PROJECTS for line in project(path)["dependencies"]
    ]

    missing = [
        str(wanted)
        for wanted in declared
        if wanted.name != "casb-sdk"
        and not wanted.specifier.contains(locked.get(wanted.name.lower(), "0"))
    ]

    assert missing == []
