"""The few rules of style that no linter checks."""

import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("connector", "sdk", "plugins", "benchmarks", "tests")
MODULES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
DETECTORS = sorted((ROOT / "plugins").glob("*/casb_detector_*/detector.py"))
VAGUE_NAMES = {"utils", "util", "helpers", "common", "misc", "base", "manager"}


def line_count(path: Path) -> int:
    return len(path.read_text("utf-8").splitlines())


def test_every_module_is_short() -> None:
    lengths = {str(path.relative_to(ROOT)): line_count(path) for path in MODULES}

    assert len(lengths) > 500
    assert {path: lines for path, lines in lengths.items() if lines > 300} == {}


def test_the_name_of_every_module_says_what_it_does() -> None:
    assert [path for path in MODULES if path.stem in VAGUE_NAMES] == []


@pytest.mark.parametrize("path", DETECTORS, ids=lambda path: path.parent.name)
def test_a_detector_is_tiny(path: Path) -> None:
    assert line_count(path) <= 40


def test_every_package_is_under_the_architecture_contracts() -> None:
    config = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]
    plugins = {path.name for path in (ROOT / "plugins").glob("*/casb_detector_*")}
    packages = {"connector", "casb_sdk"} | plugins
    contracts = {
        contract["id"]: contract for contract in config["importlinter"]["contracts"]
    }
    [siblings, below] = contracts["distributions"]["layers"]

    assert set(config["importlinter"]["root_packages"]) == packages
    assert set(siblings.split(" | ")) | {below} == packages
    assert set(contracts["sdk-light"]["source_modules"]) == packages - {"connector"}


def test_every_package_is_type_checked() -> None:
    config = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]

    assert set(config["mypy"]["packages"]) == set(
        config["importlinter"]["root_packages"]
    )
