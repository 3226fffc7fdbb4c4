"""`casb demo` as a newcomer runs it: no settings, an empty folder, a real process.

The first time as it is installed; afterwards it is forked.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema

from tests.e2e.operator import Ended
from tests.fakes.commands import Order, Start, as_installed, forked, running_command

VERSIONS = ["1.1.0", "1.2.0", "1.3.0", "1.4.0", "1.5.0", "1.6.0", "1.7.0", "1.8.0"]
TEN = 10
OUTPUTS = ("out", "err")
PATIENCE = 60.0
NOT_ITS_OWN = {"CASB_DATABASE_URL": "sqlite:///not-this-one.db"}
NOTHING: Mapping[str, str] = {}


class Newcomer:
    """Runs `casb` in a folder, and keeps elsewhere what it prints."""

    def __init__(self, folder: Path, printed: Path) -> None:
        self.folder = folder
        self._printed = printed

    def casb(
        self,
        folder: Path,
        *arguments: str,
        settings: Mapping[str, str] = NOTHING,
        start: Start = forked,
    ) -> Ended:
        environment = {"PATH": os.defpath, "HOME": str(self._printed), **settings}
        out, err = (self._printed / f"{' '.join(arguments)}.{end}" for end in OUTPUTS)
        order = Order(arguments, folder, environment, out, err)
        with running_command(order, start) as command:
            return Ended(command.wait(PATIENCE), command.out, command.err)


@pytest.fixture(scope="module")
def newcomer(tmp_path_factory: pytest.TempPathFactory) -> Newcomer:
    make = tmp_path_factory.mktemp
    return Newcomer(make("newcomer"), make("printed"))


@pytest.fixture(scope="module")
def folder(newcomer: Newcomer) -> Path:
    return newcomer.folder


@pytest.fixture(scope="module")
def first(newcomer: Newcomer) -> Ended:
    place = newcomer.folder
    return newcomer.casb(place, "demo", settings=NOT_ITS_OWN, start=as_installed)


@pytest.fixture(scope="module")
def second(newcomer: Newcomer, first: Ended) -> Ended:
    return newcomer.casb(newcomer.folder, "demo", "--json", settings=NOT_ITS_OWN)


def events(folder: Path) -> list[dict[str, Any]]:
    lines = (folder / "demo" / "findings.ocsf.ndjson").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


def test_it_shows_what_is_open_by_severity_with_cause_and_fix(first: Ended) -> None:
    assert first.code == 0, first.err
    titles = ["CRITICAL", "HIGH", "MEDIUM", "LOW"]
    places = [first.out.index(title) for title in titles]
    assert places == sorted(places)
    assert "anonymous access has update/page" in first.out
    assert "Fix:" in first.out
    for word in ("calls", "points", "coverage complete", "findings.ocsf.ndjson"):
        assert word in first.out
    assert "Traceback" not in first.err


def test_it_writes_below_its_own_folder_alone(folder: Path, first: Ended) -> None:
    written = sorted(path.name for path in folder.iterdir())
    below = {path.name for path in (folder / "demo").iterdir()}

    assert written == ["demo"]
    assert {".env", "casb.db", "findings.ocsf.ndjson"} <= below
    assert (folder / "demo" / ".env").stat().st_mode & 0o077 == 0


def test_a_second_time_it_goes_on_with_what_it_has(second: Ended) -> None:
    assert second.code == 0, second.err
    document = json.loads(second.out)
    changes = document["scan"]["changes"]
    assert not any(n for kind, n in changes.items() if kind != "refreshed")
    assert len({row["finding_type"] for row in document["findings"]}) == TEN
    assert document["ocsf_file"] == "demo/findings.ocsf.ndjson"
    assert document["site"]["state"] == "active"


@pytest.mark.parametrize("version", VERSIONS)
def test_its_file_is_valid_ocsf_of_every_version(
    version: str, folder: Path, second: Ended
) -> None:
    schema = OcsfJsonSchemaEmbedded(get_ocsf_schema(version))
    validator = Draft202012Validator(schema.get_class_schema("detection_finding"))

    found = events(folder)

    assert len(found) == len(json.loads(second.out)["findings"])
    assert [
        f"{error.json_path}: {error.message}"
        for event in found
        for error in validator.iter_errors(event)
    ] == []


def test_its_folder_can_be_looked_into_afterwards(
    newcomer: Newcomer, second: Ended
) -> None:
    demo = newcomer.folder / "demo"
    looked = newcomer.casb(demo, "findings", "--severity", "critical")

    assert looked.code == 0
    assert "anyone on the internet" in looked.out
