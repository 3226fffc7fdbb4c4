"""`casb demo` as a newcomer runs it: no settings, an empty folder, a real process."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema

CASB = Path(sys.executable).parent / "casb"
VERSIONS = ["1.1.0", "1.2.0", "1.3.0", "1.4.0", "1.5.0", "1.6.0", "1.7.0", "1.8.0"]
TEN = 10

Done = subprocess.CompletedProcess[str]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("newcomer")


@pytest.fixture(scope="module")
def first(folder: Path) -> Done:
    return demo(folder)


@pytest.fixture(scope="module")
def second(folder: Path, first: Done) -> Done:
    return demo(folder, "--json")


def demo(folder: Path, *options: str) -> Done:
    with pytest.MonkeyPatch.context() as world:
        world.setenv("CASB_DATABASE_URL", "sqlite:///not-this-one.db")
        return subprocess.run(  # noqa: S603 - our own command
            [CASB, "demo", *options],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )


def events(folder: Path) -> list[dict[str, Any]]:
    lines = (folder / "demo" / "findings.ocsf.ndjson").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


def test_it_shows_what_is_open_by_severity_with_cause_and_fix(first: Done) -> None:
    assert first.returncode == 0, first.stderr
    titles = ["CRITICAL", "HIGH", "MEDIUM", "LOW"]
    places = [first.stdout.index(title) for title in titles]
    assert places == sorted(places)
    assert "anonymous access has update/page" in first.stdout
    assert "Fix:" in first.stdout
    for word in ("calls", "points", "coverage complete", "findings.ocsf.ndjson"):
        assert word in first.stdout
    assert "Traceback" not in first.stderr


def test_it_writes_below_its_own_folder_alone(folder: Path, first: Done) -> None:
    written = sorted(path.name for path in folder.iterdir())
    below = {path.name for path in (folder / "demo").iterdir()}

    assert written == ["demo"]
    assert {".env", "casb.db", "findings.ocsf.ndjson"} <= below
    assert (folder / "demo" / ".env").stat().st_mode & 0o077 == 0


def test_a_second_time_it_goes_on_with_what_it_has(second: Done) -> None:
    assert second.returncode == 0, second.stderr
    document = json.loads(second.stdout)
    changes = document["scan"]["changes"]
    assert not any(n for kind, n in changes.items() if kind != "refreshed")
    assert len({row["finding_type"] for row in document["findings"]}) == TEN
    assert document["ocsf_file"] == "demo/findings.ocsf.ndjson"
    assert document["site"]["state"] == "active"


@pytest.mark.parametrize("version", VERSIONS)
def test_its_file_is_valid_ocsf_of_every_version(
    version: str, folder: Path, second: Done
) -> None:
    schema = OcsfJsonSchemaEmbedded(get_ocsf_schema(version))
    validator = Draft202012Validator(schema.get_class_schema("detection_finding"))

    found = events(folder)

    assert len(found) == len(json.loads(second.stdout)["findings"])
    assert [
        f"{error.json_path}: {error.message}"
        for event in found
        for error in validator.iter_errors(event)
    ] == []


def test_its_folder_can_be_looked_into_afterwards(folder: Path, second: Done) -> None:
    looked = subprocess.run(  # noqa: S603 - our own command
        [CASB, "findings", "--severity", "critical"],
        cwd=folder / "demo",
        capture_output=True,
        text=True,
        check=True,
    )

    assert "anyone on the internet" in looked.stdout
