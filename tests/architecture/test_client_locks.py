"""The locks of the clients that pull the export in the tests, and their pages."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = sorted((ROOT / "tests" / "clients").glob("*.txt"))
PACKAGES = {"airbyte": "airbyte-cdk", "dlt": "dlt"}


def test_each_client_has_its_lock() -> None:
    assert [lock.stem for lock in LOCKS] == sorted(PACKAGES)


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.stem)
def test_the_lock_fixes_every_package_by_hash_and_names_no_address(lock: Path) -> None:
    text = lock.read_text("utf-8")
    packages = re.findall(r"^([a-z0-9-]+==\S+.*)$", text, re.MULTILINE)

    assert packages
    assert all(line.endswith("\\") for line in packages)
    assert len(packages) == len(re.findall(r"^\S", text, re.MULTILINE))
    assert "://" not in text
    assert "--index" not in text


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.stem)
def test_the_page_names_the_version_that_its_tests_run(lock: Path) -> None:
    package = PACKAGES[lock.stem]
    page = ROOT / "docs" / "how-to" / f"pull-with-{lock.stem}.md"
    [version] = re.findall(rf"^{package}==(\S+)", lock.read_text("utf-8"), re.MULTILINE)

    assert f"{package} {version}" in " ".join(page.read_text("utf-8").split())
