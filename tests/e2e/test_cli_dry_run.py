"""`casb detectors dry-run` as an operator runs it."""

from casb_sdk.cloud import RunningCloud
from tests.e2e.conftest import ACME
from tests.e2e.operator import Operator, findings

DETECTOR = "app-space-edit"


def test_a_detector_can_be_tried_before_it_is_enabled(
    connected: Operator, cloud: RunningCloud
) -> None:
    known = findings(connected, "--detector", DETECTOR)
    connected.casb("detectors", "disable", DETECTOR)
    before = findings(connected, "--status", "all")
    cloud.ledger.reset()

    shown = connected.casb("detectors", "dry-run", DETECTOR, "--site", ACME)
    [tried] = connected.casb("detectors", "dry-run", DETECTOR, "--json").json

    count = len(known)
    assert shown.code == 0
    assert f"would find {count} problem" in shown.out
    assert f"{count} of them new; 0 would end" in shown.out
    assert {row["id"] for row in tried["new"]} == {row["id"] for row in known}
    assert findings(connected, "--status", "all") == before
    assert cloud.ledger.total_calls == 0
    connected.casb("detectors", "enable", DETECTOR)


def test_a_detector_nobody_installed_is_named(connected: Operator) -> None:
    ended = connected.casb("detectors", "dry-run", "no-such-detector")

    assert ended.code == 2
    assert "no-such-detector" in ended.said
