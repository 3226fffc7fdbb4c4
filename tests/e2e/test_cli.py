"""One site, connected and scanned, seen through every verb of the operator."""

from collections import Counter

import pytest

from casb_sdk.cloud import RunningCloud
from tests.e2e.conftest import ACME
from tests.e2e.operator import Operator, findings

TEN = {
    "unknown-content-edit",
    "unknown-space-edit",
    "external-content-edit",
    "external-space-edit",
    "app-content-edit",
    "app-space-edit",
    "external-access",
    "external-content-view",
    "app-content-view",
    "unknown-access",
}


def test_all_ten_problems_are_found(connected: Operator) -> None:
    found = findings(connected)

    assert {row["finding_type"] for row in found} == TEN
    assert {row["status"] for row in found} == {"open"}


def test_findings_come_with_the_most_severe_first(connected: Operator) -> None:
    order = ["critical", "high", "medium", "low"]
    ranks = [order.index(row["severity"]) for row in findings(connected)]

    assert ranks == sorted(ranks)


def test_filters_narrow_the_list(connected: Operator) -> None:
    every = findings(connected)
    high = findings(connected, ACME, "--severity", "high", "--severity", "critical")
    apps = findings(connected, "--detector", "app-space-edit")
    stronger = findings(connected, "--implied", "exclude")

    assert {row["severity"] for row in high} == {"high", "critical"}
    assert {row["finding_type"] for row in apps} == {"app-space-edit"}
    assert {row["implied_by"] for row in stronger} == {None}
    assert len(stronger) < len(every)
    assert findings(connected, "--status", "resolved") == []


def test_the_screen_says_who_why_and_what_to_do(connected: Operator) -> None:
    shown = connected.casb("findings").out

    assert "CRITICAL" in shown
    assert "anyone on the internet; can edit 7 items" in shown
    assert "anonymous access has update/page" in shown
    assert "Fix:" in shown


def test_one_finding_is_shown_in_both_schemas(connected: Operator) -> None:
    first = findings(connected)[0]

    native = connected.casb("findings", "show", first["id"], "--json").json
    ocsf = connected.casb("findings", "show", first["id"], "--schema", "ocsf").json

    assert native == first
    assert ocsf["class_uid"] == 2004
    assert ocsf["finding_info"]["uid"] == first["id"]
    assert first["title"] in connected.casb("findings", "show", first["id"]).out


def test_every_affected_item_can_be_listed(connected: Operator) -> None:
    one_of_each = {row["finding_type"]: row for row in findings(connected)}
    assert one_of_each.keys() == TEN

    for row in one_of_each.values():
        listed = connected.casb("findings", "resources", row["id"], "--json").json

        expected = row["affected"]["count"] if row["affected"] else 1
        assert len(listed) == expected, row["finding_type"]
        sample = {item["id"] for item in (row["affected"] or {"sample": []})["sample"]}
        assert sample <= {item["id"] for item in listed}
        assert {"type", "id", "title", "url", "space_key", "account_ids"} <= set(
            listed[0]
        )


def test_the_list_of_affected_items_asks_atlassian_nothing(
    connected: Operator, cloud: RunningCloud
) -> None:
    finding_id = findings(connected)[0]["id"]
    before = cloud.ledger.total_calls

    connected.casb("findings", "resources", finding_id)

    assert cloud.ledger.total_calls == before


def test_a_second_scan_changes_nothing(connected: Operator) -> None:
    report = connected.casb("scan", ACME, "--json").json

    noted = {k: v for k, v in report["changes"].items() if k != "refreshed"}
    assert not any(noted.values())
    assert report["coverage"]["complete"]
    assert (report["spaces"], report["status"]) == (8, "done")
    assert report["points"] > report["calls"] > 0
    listed = findings(connected)
    assert Counter(
        row["severity"] for row in listed if not row["implied_by"]
    ) == Counter(report["open_findings"])
    assert report["implied_findings"] == sum(1 for row in listed if row["implied_by"])


def test_progress_and_results_do_not_mix(connected: Operator) -> None:
    ended = connected.casb("scan", ACME)

    assert "Reading" in ended.err
    assert "Reading" not in ended.out
    assert "Coverage" in ended.out


def test_only_some_spaces_can_be_scanned(connected: Operator) -> None:
    report = connected.casb("scan", ACME, "--space", "HELP", "--json").json

    assert (report["only_spaces"], report["spaces"]) == (["HELP"], 1)
    assert {row["status"] for row in findings(connected)} == {"open"}
    assert {row["finding_type"] for row in findings(connected)} == TEN


def test_spaces_that_are_not_there_are_named(connected: Operator) -> None:
    ended = connected.casb("scan", ACME, "--space", "ENG", "--space", "NOPE")

    assert ended.code == 2
    assert f"{ACME} has no space NOPE. Check the keys" in ended.said
    assert findings(connected)


def test_a_scan_says_beforehand_what_it_will_cost(
    connected: Operator, cloud: RunningCloud
) -> None:
    before = cloud.ledger.total_calls
    guess = connected.casb("scan", ACME, "--space", "ENG", "--estimate", "--json").json
    assert cloud.ledger.total_calls - before == guess["calls_for_the_estimate"]
    report = connected.casb("scan", ACME, "--json").json

    known = connected.casb("scan", ACME, "--estimate", "--json").json

    assert (guess["spaces"], guess["is_guess"]) == (1, True)
    assert guess["points"] > 0
    assert (known["spaces"], known["is_guess"]) == (8, False)
    assert (known["calls"], known["points"]) == (report["calls"], report["points"])
    least, most = known["calls_range"]
    assert least <= report["calls"] <= most
    shown = connected.casb("scan", ACME, "--estimate").out
    assert f"8 spaces: {least:,} to {most:,} calls" in shown


def test_a_site_shows_its_scan_and_its_findings(connected: Operator) -> None:
    site = connected.casb("sites", "show", ACME, "--json").json

    assert site["state"] == "active"
    assert site["last_scan"]["status"] == "done"
    assert site["open_findings"]["critical"] == 2
    assert site["settings"]["internal_domains"] == ["acme.example"]
    assert "acme.example" in connected.casb("sites", "show", site["cloud_id"]).out


@pytest.mark.parametrize(
    ("pair", "words"),
    [
        ("internal_domains=not a domain", "'not a domain' is not a domain"),
        ("verify=yes", "true or false"),
        ("scan_every=sometimes", "a number with s, m, h, d or w"),
        ("colour=red", "no setting 'colour'. It has: internal_domains"),
        ("internal_domains", "Write NAME=VALUE"),
    ],
)
def test_a_setting_of_a_site_that_makes_no_sense_changes_nothing(
    pair: str, words: str, connected: Operator
) -> None:
    before = connected.casb("sites", "show", ACME, "--json").json["settings"]

    ended = connected.casb("sites", "set", ACME, "external_ids=x", pair)

    assert ended.code == 2
    assert words in ended.said
    assert connected.casb("sites", "show", ACME, "--json").json["settings"] == before


def test_a_disabled_detector_retires_its_findings_and_comes_back(
    connected: Operator, cloud: RunningCloud
) -> None:
    before = cloud.ledger.total_calls

    off = connected.casb("detectors", "disable", "app-content-view", "--json").json
    resolved = findings(connected, "--status", "resolved")
    on = connected.casb("detectors", "enable", "app-content-view", "--json").json

    assert off[0]["changes"]["resolved"] > 0
    assert {row["resolution"] for row in resolved} == {"detector_retired"}
    assert on[0]["changes"]["reopened"] == off[0]["changes"]["resolved"]
    assert cloud.ledger.total_calls == before
    assert (
        connected.casb("detectors", "enable", "app-content-view", "--json").json == []
    )


def test_a_severity_is_overridden_per_site(connected: Operator) -> None:
    change = ("detectors", "configure", "unknown-access", "--site", ACME)

    connected.casb(*change, "severity=high")
    raised = findings(connected, "--detector", "unknown-access")
    shown = connected.casb(
        "detectors", "show", "unknown-access", "--site", ACME, "--json"
    ).json
    connected.casb(*change, "severity=default")

    assert {row["severity"] for row in raised} == {"high"}
    assert (shown["severity"], shown["severity_default"]) == ("high", "low")
    back = findings(connected, "--detector", "unknown-access")
    assert {row["severity"] for row in back} == {"low"}


@pytest.mark.parametrize(
    ("pair", "words"),
    [("severity=urgent", "Use one of critical"), ("limit=3", "It has the settings")],
)
def test_a_detector_is_not_configured_with_nonsense(
    pair: str, words: str, connected: Operator
) -> None:
    ended = connected.casb("detectors", "configure", "unknown-access", pair)

    assert ended.code == 2
    assert words in ended.said


def test_a_detector_that_does_not_exist_is_named(connected: Operator) -> None:
    for verb in ("show", "enable", "disable"):
        ended = connected.casb("detectors", verb, "no-such")
        assert ended.code == 2
        assert "There is no detector 'no-such'. Installed are: app-" in ended.said
