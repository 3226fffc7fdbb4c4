"""A site lives through everything an operator and Atlassian can do to it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from casb_sdk.cloud import (
    CloudOptions,
    CloudSite,
    Consent,
    RunningCloud,
    SimulatedCloud,
)
from casb_sdk.cloud.demo_site import demo_site
from casb_sdk.cloud.faults import Fault, FaultKind
from tests.e2e.conftest import ACME
from tests.e2e.operator import Operator, accept, findings

CLOUD_ID = demo_site().directory.site.cloud_id


@pytest.fixture
def cloud() -> Iterator[RunningCloud]:
    options = CloudOptions(consent=Consent.ACCEPT)
    with SimulatedCloud([CloudSite(demo_site())], options=options).running() as cloud:
        yield cloud


@pytest.fixture
def operator(cloud: RunningCloud, tmp_path: Path) -> Operator:
    """An operator whose site is connected."""
    operator = Operator(tmp_path).migrated().connected_to(cloud)
    ended = operator.casb("install", browse=accept)
    assert ended.code == 0, ended.err
    return operator


def scan(operator: Operator) -> None:
    setting = "internal_domains=acme.example"
    for arguments in (["sites", "set", ACME, setting], ["scan", ACME]):
        ended = operator.casb(*arguments)
        assert ended.code == 0, ended.err


def shown(operator: Operator) -> dict[str, object]:
    document: dict[str, object] = operator.casb("sites", "show", ACME, "--json").json
    return document


def told(operator: Operator) -> list[str]:
    return [row["type"] for row in operator.casb("sites", "log", ACME, "--json").json]


def test_a_paused_site_is_not_scanned_until_it_is_resumed(operator: Operator) -> None:
    paused = operator.casb("sites", "pause", ACME, "--json").json
    twice = operator.casb("sites", "pause", ACME)
    refused = operator.casb("scan", ACME)
    resumed = operator.casb("sites", "resume", ACME)

    assert (paused["state"], paused["beneath"]) == ("suspended", "active")
    assert twice.code == 0
    assert refused.code == 1
    assert "is paused and is not scanned." in refused.said
    assert f"casb sites resume {ACME}" in refused.said
    assert "is active" in resumed.out
    assert operator.casb("scan", ACME).code == 0
    assert told(operator) == [
        "app.installed",
        "app.suspended",
        "app.event_ignored",
        "app.resumed",
    ]


def test_a_revoked_consent_is_found_and_a_new_one_revives_the_site(
    operator: Operator, cloud: RunningCloud
) -> None:
    before = shown(operator)
    cloud.oauth.revoke()
    cloud.oauth.expire_access_tokens()

    checked = operator.casb("sites", "check", ACME)
    scanned = operator.casb("scan", ACME)
    state = shown(operator)["state"]
    again = operator.casb("install", "--site", ACME, browse=accept)

    assert checked.code == scanned.code == 3
    assert f"casb install --site {ACME}" in scanned.said
    assert state == "reauth_required"
    assert again.code == 0
    after = shown(operator)
    assert (after["id"], after["state"]) == (before["id"], "active")
    assert told(operator)[-2:] == ["app.reauth_required", "app.reauthorized"]


def test_a_scan_that_is_refused_altogether_has_the_site_checked_at_once(
    operator: Operator, cloud: RunningCloud
) -> None:
    cloud.faults.add(Fault(FaultKind.STATUS, path="/wiki/*", status=403))

    refused = operator.casb("scan", ACME)

    assert refused.code == 3
    after = shown(operator)
    assert (after["state"], after["reason"]) == ("degraded", "refused")


def test_a_site_that_is_not_there_is_only_missed_at_first(
    operator: Operator, cloud: RunningCloud
) -> None:
    cloud.oauth.forget_site(CLOUD_ID)

    checked = operator.casb("sites", "check", ACME, "--json")

    assert checked.code == 0
    assert checked.json["state"] == "active"


def test_a_check_without_atlassian_says_so(operator: Operator) -> None:
    nowhere = "http://127.0.0.1:9"

    checked = operator.casb(
        "sites", "check", ACME, ATLASSIAN_API_URL=nowhere, ATLASSIAN_AUTH_URL=nowhere
    )

    assert checked.code == 4
    assert shown(operator)["state"] == "active"


def test_an_uninstalled_site_keeps_its_findings_withdrawn(
    operator: Operator,
) -> None:
    scan(operator)
    ids = {row["id"] for row in findings(operator)}

    gone = operator.casb("sites", "uninstall", ACME, "--yes", "--json").json
    withdrawn = findings(operator, ACME, "--status", "resolved")

    assert (gone["state"], gone["scopes"] != []) == ("uninstalled", True)
    assert {row["id"] for row in withdrawn} == ids
    assert {row["resolution"] for row in withdrawn} == {"site_removed"}
    assert operator.casb("scan", ACME).code == 3
    assert operator.casb("sites", "uninstall", ACME, "--yes").code == 1
    assert operator.casb("sites", "pause", ACME).code == 2


def test_a_site_installed_again_is_new_and_its_findings_are_the_old_ones(
    operator: Operator,
) -> None:
    scan(operator)
    ids, before = {row["id"] for row in findings(operator)}, shown(operator)
    operator.casb("sites", "uninstall", ACME, "--yes")

    assert operator.casb("install", browse=accept).code == 0
    scan(operator)

    after = shown(operator)
    assert after["id"] != before["id"]
    assert {row["id"] for row in findings(operator)} == ids


@pytest.mark.parametrize("was_uninstalled", [False, True])
def test_a_purge_leaves_the_log_and_no_detail(
    operator: Operator, *, was_uninstalled: bool
) -> None:
    scan(operator)
    if was_uninstalled:
        operator.casb("sites", "uninstall", ACME)

    gone = operator.casb("sites", "uninstall", ACME, "--purge", "--json")

    assert gone.json["state"] == "purged"
    assert operator.casb("sites", "--json").json == []
    assert findings(operator, "--status", "all") == []
    log = operator.casb("sites", "log", ACME, "--json").json
    assert log[-1]["type"] == "app.purged"
    assert {len(row["detail"]) for row in log} == {0}


def test_a_site_nobody_knows_is_no_site(operator: Operator) -> None:
    for verb in ("show", "pause", "resume", "check", "log", "uninstall"):
        ended = operator.casb("sites", verb, "nowhere.example")

        assert ended.code == 2, verb
        assert "No site 'nowhere.example' is connected." in ended.said
