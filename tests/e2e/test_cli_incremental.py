"""Incremental scans, as an operator asks for them and reads of them."""

from casb_sdk.cloud import RunningCloud
from connector.domain.scan import ScanKind
from connector.store.database import Database
from tests.e2e.conftest import ACME, StartCloud
from tests.e2e.operator import Operator, accept, findings


def test_an_incremental_scan_costs_less_and_finds_the_same(connected: Operator) -> None:
    before = findings(connected)
    full = connected.casb("scan", ACME, "--json").json

    report = connected.casb("scan", ACME, "--incremental", "--json").json

    noted = {k: v for k, v in report["changes"].items() if k != "refreshed"}
    assert not any(noted.values())
    assert (full["kind"], full["renewal"]) == ("full", None)
    assert (report["kind"], report["spaces"]) == ("incremental", 8)
    assert report["renewal"]["kept"] == 8
    assert report["coverage"]["complete"]
    assert report["points"] < full["points"]
    assert report["items"] == full["items"]
    assert {row["id"] for row in findings(connected)} == {row["id"] for row in before}


def test_an_incremental_scan_says_what_it_read_again_and_how_old_the_rest_is(
    connected: Operator,
) -> None:
    first = connected.casb("scan", ACME, "--json").json

    shown = " ".join(connected.casb("scan", ACME, "--incremental").out.split())
    last = connected.casb("sites", "show", ACME, "--json").json["last_complete_scan"]

    assert "Incremental Read again: 0 spaces whole, 0 changed items" in shown
    assert "8 spaces kept." in shown
    assert "Restrictions are as of" in shown
    assert last["coverage"]["restrictions_as_of"] == first["started_at"]
    assert first["coverage"]["restrictions_as_of"] == first["started_at"]


def test_the_kind_of_the_last_scan_is_listed(connected: Operator) -> None:
    connected.casb("scan", ACME, "--incremental")

    listed = " ".join(connected.casb("sites").out.split())
    [site] = connected.casb("sites", "--json").json

    assert "incremental" in listed
    assert site["last_scan"]["kind"] == "incremental"
    assert site["last_complete_scan"]["kind"] == "incremental"


def test_an_incremental_scan_is_about_the_whole_site(
    connected: Operator, cloud: RunningCloud
) -> None:
    before = cloud.ledger.total_calls

    ended = connected.casb("scan", ACME, "--incremental", "--space", "ENG")

    assert ended.code == 2
    assert (
        "--incremental is about the whole site and goes with no --space." in ended.said
    )
    assert cloud.ledger.total_calls == before


def test_an_incremental_scan_is_estimated_by_the_last_one(
    operator: Operator, start_cloud: StartCloud
) -> None:
    cloud = start_cloud()
    operator.connected_to(cloud).casb("install", browse=accept)
    operator.casb("scan", ACME)
    incremental = ("scan", ACME, "--incremental")
    before = cloud.ledger.total_calls
    guess = operator.casb(*incremental, "--estimate", "--json").json
    said = operator.casb(*incremental, "--estimate").said
    assert cloud.ledger.total_calls == before

    spent = operator.casb(*incremental, "--json").json
    known = operator.casb(*incremental, "--estimate", "--json").json
    full = operator.casb("scan", ACME, "--estimate", "--json").json
    again = operator.casb(*incremental, "--json").json

    assert (guess["kind"], guess["is_guess"]) == ("incremental", True)
    assert "How much has changed is not known yet" in said
    assert guess["calls_range"][0] <= spent["calls"] <= guess["calls_range"][1]
    assert guess["points_range"][0] <= spent["points"] <= guess["points_range"][1]
    assert (known["kind"], known["is_guess"]) == ("incremental", False)
    assert (known["calls"], known["points"]) == (spent["calls"], spent["points"])
    assert again["estimate"]["points"] == spent["points"]
    assert full["kind"] == "full"
    assert full["points"] > known["points"]


def test_how_often_a_site_is_scanned_incrementally_is_set_per_site(
    connected: Operator,
) -> None:
    changed = connected.casb("sites", "set", ACME, "incremental_every=1H", "--json")
    refused = connected.casb("sites", "set", ACME, "incremental_every=hourly")
    kept = connected.casb("sites", "show", ACME, "--json").json["settings"]

    assert changed.json["settings"]["incremental_every"] == "1h"
    assert refused.code == 2
    assert "a number with s, m, h, d or w, or never" in refused.said
    assert kept["incremental_every"] == "1h"


def begin_a_scan(operator: Operator, kind: ScanKind) -> None:
    """Leave a scan behind whose process was killed at once."""
    site_id = operator.casb("sites", "show", ACME, "--json").json["cloud_id"]
    database = Database.open(f"sqlite:///{operator.folder / 'casb.db'}")
    with database.begin() as stores:
        stores.ledger.start(site_id, (), database.now(), kind=kind)
    database.close()


def test_an_interrupted_incremental_scan_comes_before_the_full_one(
    connected: Operator,
) -> None:
    begin_a_scan(connected, ScanKind.INCREMENTAL)

    ended = connected.casb("scan", ACME, "--json")

    assert "The incremental scan of every space that began 20" in ended.said
    assert "it goes on first, then every space is scanned." in ended.said
    assert ended.json["kind"] == "full"


def test_an_interrupted_full_scan_is_as_good_as_an_incremental_one(
    connected: Operator,
) -> None:
    begin_a_scan(connected, ScanKind.FULL)

    ended = connected.casb("scan", ACME, "--incremental", "--json")

    assert "is not finished: it goes on where it stopped." in ended.said
    assert ended.json["kind"] == "full"
