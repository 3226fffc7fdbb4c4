"""What stands today: lists with filters, single findings, affected items."""

import csv
import io
from typing import Any

import pytest

from casb_sdk import Coverage, Severity
from connector.domain.client import Scope
from connector.domain.finding_state import ChangeType
from connector.domain.scan import ScanReport
from connector.use_cases.manage_clients import Issued
from tests.unit.web.api.export_world import ACME, UMBRELLA, ExportWorld
from tests.unit.web.api.following import all_of, pages_of

FINDINGS = "/api/v1/findings"
Items = list[dict[str, Any]]


@pytest.fixture
def siem(world: ExportWorld) -> Issued:
    return world.client(ACME)


def scanned(world: ExportWorld, site: str = ACME, *spaces: str) -> str:
    """Let a scan of a site come to its end."""
    with world.database.begin() as stores:
        scan, _ = stores.ledger.start(site, spaces, world.clock.now)
        world.clock.turn(minutes=1)
        done = type(scan)(
            scan.id,
            site,
            scan.started_at,
            frozenset(spaces),
            type(scan.status).DONE,
            world.clock.now,
        )
        stores.ledger.finish(ScanReport(done, 3, 40, Coverage()))
    return scan.id


def test_a_list_has_every_finding_once(world: ExportWorld, siem: Issued) -> None:
    for page in range(7):
        world.happens(str(page))
        world.happens(str(page), UMBRELLA)

    assert pages_of(all_of(world, siem, f"{FINDINGS}?limit=3")) == list("0123456")


def test_a_finding_that_changes_meanwhile_is_not_lost(
    world: ExportWorld, siem: Issued
) -> None:
    for page in "1234":
        world.happens(page)
    page = world.get(f"{FINDINGS}?limit=2", siem).get_json()
    for changed in "13":
        world.happens(changed, type_=ChangeType.RESOLVED)

    rest = all_of(world, siem, page["links"]["next"])

    assert pages_of(page["items"]) + pages_of(rest) == list("1234")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("status=open", "13"),
        ("status=open,resolved", "123"),
        ("severity=low", "3"),
        ("severity=low,high", "123"),
        ("finding_type=other", ""),
        ("resource_type=page", "123"),
        ("resource_type=space", ""),
        ("space=DOCS", "123"),
        ("space=7", "123"),
        ("space=OTHER", ""),
        ("q=page+2", "2"),
        ("q=PAGE", "123"),
        ("q=nothing+like+it", ""),
        ("updated_since=2026-11-23T09:00:30Z", "23"),
        ("implied=exclude", "123"),
        (f"site_id={ACME}", "123"),
    ],
)
def test_a_list_can_be_narrowed_down(
    world: ExportWorld, siem: Issued, query: str, found: str
) -> None:
    for page in "123":
        world.happens(page)
    world.clock.turn(minutes=1)
    world.happens("2", type_=ChangeType.RESOLVED)
    world.weakens("3", Severity.LOW)

    assert pages_of(all_of(world, siem, f"{FINDINGS}?{query}&limit=1")) == list(found)


def test_a_row_says_which_change_was_its_last(world: ExportWorld, siem: Issued) -> None:
    finding = world.happens("1")
    world.happens("1", type_=ChangeType.RESOLVED)

    [row] = all_of(world, siem, FINDINGS)
    one = world.get(f"{FINDINGS}/{finding.id}", siem).get_json()

    assert (row["change_seq"], row["event_id"]) == (2, "acme:2")
    assert one == row
    assert one["resource"]["url"] == "https://acme.atlassian.net/1"


def test_a_list_comes_in_every_format(world: ExportWorld, siem: Issued) -> None:
    world.happens("1")

    table = world.get(f"{FINDINGS}?format=csv", siem)
    ocsf = world.get(f"{FINDINGS}?schema=ocsf", siem).get_json()["items"]

    [row] = csv.DictReader(io.StringIO(table.text))
    assert row["resource_title"] == "Page 1"
    assert ocsf[0]["class_uid"] == 2004


@pytest.mark.parametrize("path", [FINDINGS, f"{FINDINGS}/snapshot"])
def test_a_finding_without_a_snapshot_keeps_its_row(
    world: ExportWorld, siem: Issued, path: str
) -> None:
    world.happens("1")

    rows = world.get(f"{path}?granularity=resource", siem).get_json()["items"]
    refused = world.get(f"{path}?granularity=resource&schema=ocsf", siem)

    assert [row["affected_resource"] for row in rows] == [None]
    assert pages_of(rows) == ["1"]
    assert refused.status_code == 400


def test_the_catalogue_has_every_type(world: ExportWorld, siem: Issued) -> None:
    types = world.get("/api/v1/finding-types", siem).get_json()["items"]

    assert len(types) == 10
    assert all(type_["description"] and type_["remediation"] for type_ in types)
    assert {type_["ocsf"]["class_uid"] for type_ in types} == {2004}
    assert all("SOC 2 CC6.1" in it["frameworks"] for it in types if "edit" in it["id"])


def test_a_site_tells_clean_from_blind(world: ExportWorld, siem: Issued) -> None:
    world.happens("1")
    never = world.get(FINDINGS, siem).get_json()["sites"]
    scan_id = scanned(world)
    scanned(world, ACME, "DOCS")

    [site] = world.get("/api/v1/sites", siem).get_json()["items"]
    [state] = world.get(FINDINGS, siem).get_json()["sites"]

    assert never[0]["last_complete_scan_at"] is None
    assert state == {
        "id": ACME,
        "health": "active",
        "stale_since": None,
        "last_complete_scan_at": "2026-11-23T09:01:00.000000Z",
        "coverage": {
            "complete": True,
            "gaps": {},
            "restrictions_as_of": "2026-11-23T09:00:00.000000Z",
            "members_as_of": "2026-11-23T09:00:00.000000Z",
        },
    }
    assert site["last_complete_scan_id"] == scan_id
    assert site["open_findings"] == {"high": 1}
    assert site["implied_findings"] == 0
    assert site["url"] == "https://acme.atlassian.net"


def test_scans_are_listed_the_newest_first(world: ExportWorld, siem: Issued) -> None:
    ids = [scanned(world) for _ in range(5)]
    scanned(world, UMBRELLA)

    found = all_of(world, siem, f"/api/v1/scans?site_id={ACME}&limit=2")

    assert [scan["id"] for scan in found] == ids[::-1]
    assert {scan["status"] for scan in found} == {"done"}
    assert found[0]["items"] == 40


def test_who_reads_without_evidence_sees_counts_alone(world: ExportWorld) -> None:
    world.happens("1")
    issued = world.client(scopes=frozenset({Scope.FINDINGS_READ}))

    [row] = all_of(world, issued, FINDINGS)

    assert row["principals"] == [
        {
            "audience": "external",
            "kind": None,
            "affected": {"count": 1, "sample": []},
        }
    ]
