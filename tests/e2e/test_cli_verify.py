"""`casb findings verify` as an operator runs it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from casb_sdk.cloud import (
    CloudOptions,
    CloudSite,
    Consent,
    Fault,
    FaultKind,
    RunningCloud,
    SimulatedCloud,
)
from tests.e2e.operator import Operator, accept, findings
from tests.unit.use_cases.sites import leaky, mended

SITE = leaky().snapshot().directory.site.url
Shop = tuple[Operator, RunningCloud]


@pytest.fixture(scope="module")
def first_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """The shop as it was opened; each test has a copy, and the cloud in its turn."""
    site = CloudSite(leaky().snapshot())
    cloud = SimulatedCloud([site], options=CloudOptions(consent=Consent.ACCEPT))
    with cloud.running() as running:
        operator = Operator(tmp_path_factory.mktemp("shop")).migrated()
        operator.connected_to(running)
        scan(operator)
        yield operator, running


@pytest.fixture
def shop(first_shop: Shop, tmp_path: Path) -> Shop:
    """An operator whose leaky site was scanned, and the cloud it is in."""
    operator, cloud = first_shop
    cloud.faults.clear()
    cloud.cloud.serve(CloudSite(leaky().snapshot()))
    return operator.copied_to(tmp_path), cloud


def scan(operator: Operator) -> None:
    for arguments in (
        ["install"],
        ["sites", "set", SITE, "internal_domains=acme.example"],
        ["scan", SITE],
    ):
        ended = operator.casb(*arguments, browse=accept)
        assert ended.code == 0, ended.err


def one(operator: Operator, detector: str, *filters: str) -> dict[str, Any]:
    found = findings(operator, "--detector", detector, *filters)
    return found[0]


def mend(cloud: RunningCloud) -> None:
    cloud.cloud.serve(CloudSite(mended().snapshot()))


def test_what_is_still_there_is_said_so_with_what_was_read(shop: Shop) -> None:
    operator, _ = shop
    known = one(operator, "app-space-edit")

    ended = operator.casb("findings", "verify", known["id"])

    assert ended.code == 0
    assert ended.out.startswith("It is still there, exactly as it was.\n")
    assert "6 calls" in ended.out
    assert "After" not in ended.out


def test_what_is_mended_is_resolved_and_told_to_the_feed_once(shop: Shop) -> None:
    operator, cloud = shop
    known = one(operator, "app-space-edit")
    mend(cloud)

    ended = operator.casb("findings", "verify", known["id"])
    again = operator.casb("findings", "verify", known["id"], "--json").json
    told = [row for row in operator.casb("export").lines if row["id"] == known["id"]]

    assert ended.code == 0
    assert ended.out.startswith("It is fixed, and now resolved.\n")
    assert "resolved, medium (fixed)" in ended.out
    assert [row["change_type"] for row in told] == ["created", "resolved"]
    assert again["outcome"] == "still_resolved"
    assert again["after"] == again["before"] == one_resolved(operator, known["id"])


def one_resolved(operator: Operator, finding_id: str) -> dict[str, Any]:
    row: dict[str, Any] = operator.casb("findings", "show", finding_id, "--json").json
    assert row["status"] == "resolved"
    return row


def test_the_document_has_the_finding_before_and_after_and_the_price(
    shop: Shop,
) -> None:
    operator, cloud = shop
    known = one(operator, "unknown-space-edit")
    mend(cloud)

    said = operator.casb("findings", "verify", known["id"], "--json").json

    assert (said["before"]["status"], said["after"]["status"]) == ("open", "resolved")
    assert said["before"] == known
    assert said["calls"] == sum(said["calls_of"].values()) > 0
    assert said["points"] == sum(said["points_of"].values()) > 0
    assert {each["change_type"] for each in said["besides"]} == {"resolved"}


def test_calls_that_fail_end_with_4_and_a_document(shop: Shop) -> None:
    operator, cloud = shop
    known = one(operator, "app-space-edit")
    cloud.faults.add(Fault(FaultKind.STATUS, "*/permissions", status=403))

    ended = operator.casb("findings", "verify", known["id"])
    document = operator.casb("findings", "verify", known["id"], "--json")

    assert ended.code == document.code == 4
    assert "(403) could not be read. Nothing was changed." in ended.out
    assert document.json["outcome"] == "unread"
    assert document.json["after"] == document.json["before"] == known


def test_what_only_a_scan_can_tell_ends_with_1(shop: Shop) -> None:
    operator, cloud = shop
    [gus] = (
        row
        for row in findings(operator, "--detector", "external-access")
        if row["resource"]["id"] == "gus"
    )
    mend(cloud)

    ended = operator.casb("findings", "verify", gus["id"])

    assert ended.code == 1
    assert "may get into others. Nothing was changed." in ended.out
    assert f"casb scan {SITE}" in ended.said


def test_a_finding_nobody_knows_ends_with_2(shop: Shop) -> None:
    operator, _ = shop

    ended = operator.casb("findings", "verify", "nothing")

    assert ended.code == 2
    assert "There is no finding" in ended.said


def test_a_suppressed_finding_is_verified_and_stays_suppressed(shop: Shop) -> None:
    operator, cloud = shop
    known = one(operator, "app-space-edit")
    operator.casb("suppress", known["id"], "--reason", "agreed")

    there = operator.casb("findings", "verify", known["id"], "--json").json
    mend(cloud)
    gone = operator.casb("findings", "verify", known["id"], "--json").json
    cloud.cloud.serve(CloudSite(leaky().snapshot()))
    back = operator.casb("findings", "verify", known["id"], "--json").json

    statuses = [each["after"]["status"] for each in (there, gone, back)]
    assert statuses == ["suppressed", "resolved", "suppressed"]


def test_a_detector_that_rests_is_named(shop: Shop) -> None:
    operator, _ = shop
    known = one(operator, "app-space-edit")
    operator.casb("detectors", "disable", "app-space-edit")

    ended = operator.casb("findings", "verify", known["id"])

    assert ended.code == 2
    assert "casb detectors enable app-space-edit" in ended.said


def test_what_was_verified_stays_so_when_detectors_look_at_what_is_stored(
    shop: Shop,
) -> None:
    operator, cloud = shop
    known = one(operator, "app-space-edit")
    mend(cloud)
    operator.casb("findings", "verify", known["id"])

    operator.casb("detectors", "disable", "external-access")
    operator.casb("detectors", "enable", "external-access")

    assert one_resolved(operator, known["id"])["resolution"] == "fixed"
