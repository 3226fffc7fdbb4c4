"""A site's choice of a severity reaches what is known, with no scan in between."""

from dataclasses import replace
from functools import partial

import pytest

from casb_sdk import Severity, Site
from connector.domain.errors import UsageError
from connector.domain.feed import FeedQuery
from connector.domain.finding_state import Change, ChangeType, Stale, Status
from connector.domain.installation import Installation
from connector.domain.policy import DetectorPolicy
from connector.domain.store_ports import Begin
from connector.use_cases.manage_detectors import ManageDetectors
from connector.use_cases.terms import Terms
from tests.contract.finding_words import SEEN, finding_on, tracked, with_a_history
from tests.unit.use_cases.scanning import registry, types

DETECTOR = "external-content-view"
OTHER = "app-content-view"
HIGH = {"severity": "high"}


@pytest.fixture
def manage(begin: Begin) -> ManageDetectors:
    """Return the detectors of a site with four findings of one and one of another."""
    open_, aside, stale, ended = (
        tracked(finding_on(page), severity=Severity.MEDIUM) for page in "1234"
    )
    with begin() as stores:
        for site in ("acme", "umbrella"):
            url = f"https://{site}.atlassian.net"
            stores.installations.save(Installation(site, Site(site, url), "grant"))
        findings = [
            open_,
            replace(aside, status=Status.SUPPRESSED),
            replace(stale, stale=Stale("group_unreadable", SEEN)),
            with_a_history(ended),
            tracked(finding_on("5", detector_id=OTHER), severity=Severity.MEDIUM),
            tracked(finding_on("1"), site_id="umbrella", severity=Severity.MEDIUM),
        ]
        stores.findings.save(Change(ChangeType.CREATED, each) for each in findings)
    return ManageDetectors(begin, registry)


def severities(begin: Begin) -> dict[tuple[str, str], str]:
    with begin(write=False) as stores:
        return {
            (each.site_id, each.finding.resource.id): each.severity.value
            for each in stores.findings.list()
        }


def told(begin: Begin) -> list[str]:
    with begin(write=False) as stores:
        return [row.change_type for row in stores.feed.page(FeedQuery()).rows][6:]


def test_every_finding_that_is_not_over_is_graded_anew_and_told_once(
    begin: Begin, manage: ManageDetectors
) -> None:
    [change] = manage.configure(DETECTOR, HIGH, "acme")

    assert len(change.regraded) == 3
    assert not change.has_to_look
    after = severities(begin)
    high = {place for place, severity in after.items() if severity == "high"}
    assert high == {("acme", page) for page in "123"}
    assert told(begin) == ["severity_changed"] * 3


def test_the_default_brings_back_what_the_detector_says(
    begin: Begin, manage: ManageDetectors
) -> None:
    before = severities(begin)
    manage.configure(DETECTOR, {"severity": "low"}, "acme")
    manage.configure(DETECTOR, {"severity": "default"}, "acme")

    after = severities(begin)

    # The words these findings carry give them another severity than the site did.
    assert after["acme", "1"] == after["acme", "2"] == "high"
    assert after["acme", "5"] == before["acme", "5"]


def test_a_preview_counts_and_keeps_nothing(
    begin: Begin, manage: ManageDetectors
) -> None:
    before = severities(begin)

    [change] = manage.configure(DETECTOR, HIGH, "acme", is_preview=True)

    assert len(change.regraded) == 3
    assert severities(begin) == before
    assert told(begin) == []
    with begin(write=False) as stores:
        assert stores.policies.policy("acme") == DetectorPolicy()


def test_a_preview_of_other_settings_is_refused(manage: ManageDetectors) -> None:
    with pytest.raises(UsageError, match="severity"):
        manage.configure(DETECTOR, {**HIGH, "x": "1"}, "acme", is_preview=True)


def test_without_a_site_every_site_is_graded(
    begin: Begin, manage: ManageDetectors
) -> None:
    changes = manage.configure(DETECTOR, HIGH)

    assert [len(change.regraded) for change in changes] == [3, 1]
    assert severities(begin)["umbrella", "1"] == "high"


def test_the_same_severity_again_changes_nothing(
    begin: Begin, manage: ManageDetectors
) -> None:
    manage.configure(DETECTOR, HIGH, "acme")

    assert manage.configure(DETECTOR, HIGH, "acme") == []
    assert len(told(begin)) == 3


def test_a_scan_that_began_before_judges_by_the_severity_of_now(
    begin: Begin, manage: ManageDetectors
) -> None:
    audience = Installation("i", Site("acme"), "g").settings.audience_policy({})
    clock = partial(SEEN.replace)
    terms = Terms("acme", "scan-2", audience, DetectorPolicy(), types(), clock)
    manage.configure(DETECTOR, HIGH, "acme")

    with begin() as stores:
        occasion = terms.occasion("7", terms.decisions(stores))

    assert occasion.policy.severity(DETECTOR, Severity.LOW) is Severity.HIGH
