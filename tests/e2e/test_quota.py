"""What an operator sees when Atlassian's quota of the hour is used up."""

import time

import pytest

from connector.atlassian.waiting import PATIENCE
from tests.e2e.conftest import ACME
from tests.e2e.operator import Operator, findings

HOUR, A_MINUTE = 3600, 60


def test_a_scan_told_not_to_wait_says_when_to_come_back_and_loses_nothing(
    connected: Operator,
) -> None:
    if HOUR - time.time() % HOUR < PATIENCE + A_MINUTE:
        pytest.skip("the hour of the quota ends so soon that any scan sits it out")
    ended = connected.casb("scan", ACME, "--no-wait", POINTS_PER_HOUR="60")

    assert ended.code == 4
    assert "Atlassian's quota is used up until" in ended.said
    assert ":00 UTC" in ended.said
    assert connected.casb("scan", ACME).code == 0
    assert findings(connected)


def test_a_site_may_have_a_quota_of_its_own(connected: Operator) -> None:
    setting = connected.casb("sites", "set", ACME, "points_per_hour=50000", "--json")
    ended = connected.casb("scan", ACME, "--no-wait", POINTS_PER_HOUR="60")
    connected.casb("sites", "set", ACME, "points_per_hour=")

    assert setting.json["settings"]["points_per_hour"] == 50_000
    assert ended.code == 0


def test_a_quota_that_is_no_number_is_refused(connected: Operator) -> None:
    ended = connected.casb("sites", "set", ACME, "points_per_hour=lots")

    assert ended.code == 2
    assert "whole number" in ended.said


def test_a_report_stands_beside_what_was_expected(connected: Operator) -> None:
    connected.casb("scan", ACME)
    report = connected.casb("scan", ACME, "--json").json
    shown = connected.casb("scan", ACME).out

    least, most = report["estimate"]["points_range"]
    assert least <= report["points"] <= most
    assert sum(report["points_of"].values()) == report["points"]
    assert "Expected" in shown
    assert "GET /wiki/rest/api/content/search: " in shown
