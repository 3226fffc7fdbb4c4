"""What the command line says of severities, and of findings that others imply."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from casb_sdk import Severity, Site
from connector.domain.finding_state import Change, ChangeType
from connector.domain.installation import Installation
from connector.store.database import Database
from tests.contract.finding_words import finding_on, tracked
from tests.fakes.stores import migrate_file
from tests.unit.cli.conftest import Casb

STRONG, WEAK = "external-content-edit", "external-content-view"
CONFIGURE = ("detectors", "configure", STRONG, "severity=high")
HERE = ("--site", "acme")


@pytest.fixture
def found(casb: Casb, tmp_path: Path) -> Casb:
    """Return `casb` over a site with a finding that implies a weaker one."""
    migrate_file(tmp_path / "casb.db")
    strong = tracked(finding_on("1", detector_id=STRONG), severity=Severity.MEDIUM)
    weak = tracked(finding_on("1", detector_id=WEAK), severity=Severity.MEDIUM)
    database = Database.open("sqlite:///casb.db")
    with database.begin() as stores:
        site = Site("acme", "https://acme.atlassian.net", "Acme")
        stores.installations.save(Installation("i", site, "g"))
        marked = replace(weak, implied_by=strong.id)
        stores.findings.save(
            Change(ChangeType.CREATED, each) for each in (strong, marked)
        )
    database.close()
    return casb


def document(casb: Casb, *arguments: str) -> Any:
    return casb(*arguments, "--json").json


def listed(casb: Casb) -> dict[str, Any]:
    rows = document(casb, "findings", "list")
    return {row["finding_type"]: row for row in rows}


def test_a_preview_of_a_severity_says_how_many_and_keeps_nothing(found: Casb) -> None:
    shown = found(*CONFIGURE, *HERE, "--preview")
    [row] = document(found, *CONFIGURE, *HERE, "--preview")

    assert "would be 1 finding graded anew" in shown.out
    assert row["is_preview"]
    assert row["changes"] == {"severity_changed": 1}
    assert listed(found)[STRONG]["severity"] == "medium"


def test_a_severity_reaches_what_is_known_at_once(found: Casb) -> None:
    said = found(*CONFIGURE, *HERE)

    assert "1 finding graded anew" in said.out
    assert listed(found)[STRONG]["severity"] == "high"
    assert "It was so already." in found(*CONFIGURE, *HERE).out


def test_what_is_implied_is_counted_apart_wherever_findings_are_counted(
    found: Casb,
) -> None:
    [site] = document(found, "sites", "list")

    assert (site["open_findings"], site["implied_findings"]) == ({"medium": 1}, 1)
    assert "1 medium + 1 more implied" in found("sites", "show", "acme").out
    assert "+ 1 more implied: --implied include" in found("findings", "list").said


def test_a_preview_says_which_weaker_findings_come_to_light(found: Casb) -> None:
    strong = listed(found)[STRONG]["id"]
    wish = ("suppress", strong, "--reason", "agreed", "--preview")

    shown, effect = found(*wish).out, document(found, *wish)

    assert "Would hide: 1" in shown
    assert "No longer implied, and so in sight: 1 weaker finding." in shown
    assert effect["surfaced"] == [listed(found)[WEAK]["id"]]
