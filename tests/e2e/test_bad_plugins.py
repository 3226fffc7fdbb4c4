"""Plugins that cannot be used stop no other, and close nothing they once found."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from casb_sdk.cloud import (
    CloudOptions,
    CloudSite,
    Consent,
    RunningCloud,
    SimulatedCloud,
)
from casb_sdk.testing import SiteBuilder
from tests.e2e.operator import Operator, accept, findings
from tests.unit.detection.shelf import HONEST, Shelf

CASB = Path(sys.executable).parent / "casb"
ACME = "https://acme.atlassian.net"
VIEW, ACCESS = "external-content-view", "external-access"
NEXT = "0.1.9"
LYING = HONEST.replace('"{id}"', f'"{ACCESS}"')
FORGING = HONEST.replace(
    "@hookimpl",
    f"""
    def check_space(self, space, context):
        yield Finding("{ACCESS}", Resource("space", space.space.id))

@hookimpl""",
).replace("import Detector,", "import Detector, Finding, Resource,")

Break = Callable[[Shelf], object]
Row = dict[str, Any]

BROKEN: dict[str, tuple[Break, str]] = {
    "it fails to import": (
        lambda shelf: shelf.install(VIEW, version=NEXT, code="import no_such_module"),
        "ModuleNotFoundError: No module named 'no_such_module'; upgrade it, install "
        "what it lacks, or uninstall it",
    ),
    "it leaves the process": (
        lambda shelf: shelf.install(VIEW, version=NEXT, code="raise SystemExit(7)"),
        "SystemExit: 7; upgrade it",
    ),
    "another distribution has its name": (
        lambda shelf: shelf.install(VIEW, distribution="casb-rival", version=NEXT),
        f"'{VIEW}' is also the id of a detector of casb-rival 0.1.9; uninstall one "
        "of them: neither loads",
    ),
    "its manifest calls it something else": (
        lambda shelf: shelf.install(
            VIEW,
            version=NEXT,
            change=lambda manifest: manifest["plugin"].update(id=ACCESS),
        ),
        f"its manifest calls it '{ACCESS}'; report it to its publisher",
    ),
    "its detector calls itself something else": (
        lambda shelf: shelf.install(VIEW, version=NEXT, code=LYING),
        f"its manifest declares ['{VIEW}'] and it offers ['{ACCESS}']; report it",
    ),
    "it reports in the name of another": (
        lambda shelf: shelf.install(VIEW, version=NEXT, code=FORGING),
        f"reported a finding in the name of '{ACCESS}'",
    ),
}


@pytest.fixture(scope="module")
def cloud() -> Iterator[RunningCloud]:
    """The cloud of a small site, which no test here changes."""
    site = SiteBuilder().person("ann").guest("gus").space("S").page("H")
    served = CloudSite(site.allows("gus", "read/space", "create/page").snapshot())
    options = CloudOptions(consent=Consent.ACCEPT)
    with SimulatedCloud([served], options=options).running() as running:
        yield running


@pytest.fixture(scope="module")
def scanned_once(
    cloud: RunningCloud, tmp_path_factory: pytest.TempPathFactory
) -> Operator:
    """An operator whose site was scanned with all detectors sound, to be copied."""
    operator = Operator(tmp_path_factory.mktemp("sound")).migrated()
    operator.connected_to(cloud)
    for arguments in (
        ["install"],
        ["sites", "set", ACME, "internal_domains=acme.example"],
        ["scan", ACME],
    ):
        ended = operator.casb(*arguments, browse=accept)
        assert ended.code == 0, ended.err
    return operator


@pytest.fixture
def scanned(scanned_once: Operator, tmp_path: Path) -> Operator:
    """An operator whose site was scanned with all detectors sound."""
    return scanned_once.copied_to(tmp_path)


def by_detector(operator: Operator) -> dict[str, Row]:
    return {row["finding_type"]: row for row in findings(operator)}


@pytest.mark.parametrize(("breaks", "words"), BROKEN.values(), ids=BROKEN)
def test_a_plugin_that_cannot_be_used_is_named_and_what_it_found_stays(
    breaks: Break, words: str, scanned: Operator, shelf: Shelf
) -> None:
    before = by_detector(scanned)
    breaks(shelf)

    ended = scanned.casb("scan", ACME)

    after = by_detector(scanned)
    assert ended.code == 0
    assert f"Warning: {VIEW} (casb-" in ended.said
    assert words in ended.said
    assert "Traceback" not in ended.err
    assert after.keys() == before.keys() > {VIEW, ACCESS}
    assert after.pop(VIEW)["stale"]["reason"] == "detector_failed"
    assert {row["stale"] for row in after.values()} == {None}


def test_a_plugin_that_was_mended_takes_its_findings_up_again(
    scanned: Operator, shelf: Shelf
) -> None:
    before = by_detector(scanned)[VIEW]
    shelf.install(VIEW, distribution="casb-rival", version=NEXT)
    scanned.casb("scan", ACME)
    (shelf.dist_info("casb-rival") / "entry_points.txt").write_text("", "utf-8")

    ended = scanned.casb("scan", ACME, "--json")

    assert ended.json["changes"]["unstale"] == 1
    assert ended.json["detector_failures"] == []
    after = by_detector(scanned)[VIEW]
    assert (after["id"], after["stale"]) == (before["id"], None)


def test_in_a_process_of_its_own_a_scan_survives_all_of_them_at_once(
    scanned: Operator, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf.install(VIEW, version=NEXT, code="import no_such_module")
    shelf.install(ACCESS, distribution="casb-rival", version=NEXT)
    shelf.install("app-content-view", version=NEXT, code=LYING)
    before = by_detector(scanned)
    monkeypatch.setenv("PYTHONPATH", str(shelf.folder))
    for name, value in scanned.settings.items():
        monkeypatch.setenv(f"CASB_{name}", value)

    ended = subprocess.run(  # noqa: S603 - our own command
        [CASB, "scan", ACME, "--json"],
        cwd=scanned.folder,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 0, ended.stderr
    assert "Traceback" not in ended.stderr
    failures = " ".join(orjson.loads(ended.stdout)["detector_failures"])
    for words in ("no_such_module", "casb-rival", "app-content-view"):
        assert words in failures
    after = by_detector(scanned)
    assert after.keys() == before.keys()
    assert {name for name, row in after.items() if row["stale"]} == {VIEW, ACCESS}
