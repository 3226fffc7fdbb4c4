"""Names are reported and erased, by the operator and by Atlassian's word."""

from collections.abc import Iterator
from dataclasses import replace
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

SITE = demo_site()


@pytest.fixture
def cloud() -> Iterator[RunningCloud]:
    options = CloudOptions(consent=Consent.ACCEPT)
    with SimulatedCloud([CloudSite(SITE)], options=options).running() as cloud:
        yield cloud


def connected(cloud: RunningCloud, folder: Path, scopes: str) -> Operator:
    operator = Operator(folder, OPTIONAL_SCOPES=scopes).migrated()
    operator.connected_to(cloud)
    setting = "internal_domains=acme.example"
    for arguments in (
        ["install"],
        ["sites", "set", ACME, setting],
        ["scan", ACME],
    ):
        ended = operator.casb(*arguments, browse=accept)
        assert ended.code == 0, ended.err
    return operator


@pytest.fixture
def reporting(cloud: RunningCloud, tmp_path: Path) -> Operator:
    """An operator whose consent lets the connector report."""
    return connected(cloud, tmp_path, "all")


@pytest.fixture
def silent(cloud: RunningCloud, tmp_path: Path) -> Operator:
    """An operator whose consent does not."""
    return connected(cloud, tmp_path, "none")


def exposed(operator: Operator) -> tuple[str, str]:
    """Return somebody whom a finding names."""
    for row in findings(operator):
        for principal in row["principals"]:
            if principal["kind"] != "app" and principal["display_name"]:
                return principal["account_id"], principal["display_name"]
    raise AssertionError("nobody is named")


def names_in(operator: Operator) -> str:
    return str([row["principals"] for row in findings(operator)])


def close(cloud: RunningCloud, account_id: str) -> None:
    accounts = dict(SITE.directory.accounts)
    accounts[account_id] = replace(accounts[account_id], account_status="closed")
    directory = replace(SITE.directory, accounts=accounts)
    cloud.replace(replace(SITE, directory=directory))


def test_an_account_is_erased_on_request(silent: Operator) -> None:
    account_id, name = exposed(silent)

    erased = silent.casb("privacy", "erase", account_id)
    again = silent.casb("privacy", "erase", account_id, "--json").json

    assert erased.code == 0
    assert f"The name of {account_id} was erased in" in erased.out
    assert again["places"] == 0
    assert name not in names_in(silent)
    assert account_id in names_in(silent)
    for path in silent.folder.glob("casb.db*"):
        assert name.encode() not in path.read_bytes()


def test_an_account_nobody_knows_is_said_to_be_unknown(silent: Operator) -> None:
    ended = silent.casb("privacy", "erase", "nobody")

    assert ended.code == 2
    assert "Nothing that is stored speaks of the account nobody." in ended.said


def test_a_closed_account_is_erased_and_stays_so(
    reporting: Operator, cloud: RunningCloud
) -> None:
    account_id, name = exposed(reporting)
    close(cloud, account_id)

    reported = reporting.casb("privacy", "report", "--json").json
    erased = name not in names_in(reporting)
    scanned = reporting.casb("scan", ACME)

    assert reported["closed"] >= 1
    assert erased
    assert scanned.code == 0
    assert name not in names_in(reporting)
    log = reporting.casb("sites", "log", ACME, "--json").json
    closed = [row for row in log if row["type"] == "privacy.account_closed"]
    assert {"account_id": account_id} in [row["detail"] for row in closed]


def test_nobody_is_reported_twice_a_week(
    reporting: Operator, cloud: RunningCloud
) -> None:
    first = reporting.casb("privacy", "report", "--json").json
    second = reporting.casb("privacy", "report", "--json").json

    assert first["accounts"] > 0
    assert second["accounts"] == 0
    assert cloud.ledger.calls["POST /app/report-accounts/"] == 1


def test_without_the_scope_nobody_is_reported(
    silent: Operator, cloud: RunningCloud
) -> None:
    ended = silent.casb("privacy", "report")

    assert ended.code == 0
    assert "No site's consent holds report:personal-data" in ended.said
    assert cloud.ledger.calls["POST /app/report-accounts/"] == 0


def test_atlassian_may_put_a_report_off(
    reporting: Operator, cloud: RunningCloud
) -> None:
    fault = Fault(FaultKind.RATE_LIMIT, path="/app/report-accounts/", seconds=3_600)
    cloud.faults.add(fault)

    by_hand = reporting.casb("privacy", "report")
    by_the_worker = reporting.casb("worker", "--once", "--json")
    at_once = reporting.casb("worker", "--once", "--json")

    assert by_hand.code == 4
    [put_off] = [row for row in by_the_worker.lines if row["job"] == "privacy_report"]
    assert "429" in put_off["error"]
    assert "privacy_report" not in {row["job"] for row in at_once.lines}
