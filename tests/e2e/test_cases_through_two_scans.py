"""Cases of the table in which a site changes, or hides, from one scan to the next."""

import pytest

from casb_sdk import GapKind
from casb_sdk.cloud import Fault, FaultKind
from casb_sdk.testing import SiteBuilder
from connector.domain.difference import changed_fields
from connector.domain.finding_state import Resolution, Status, TrackedFinding
from sdk.tests.cases.reading import branch, wiki
from tests.e2e.scanning import Connect

READ = ("read/space",)
ADD = ("read/space", "create/page")
CROWD = [f"member-{number:03}" for number in range(250)]


def who(tracked: TrackedFinding) -> set[str]:
    return {exposed.principal.id for exposed in tracked.finding.principals}


def test_T22_what_was_known_of_somebody_stays_open_while_nobody_can_look(
    connect: Connect,
) -> None:
    site = connect(wiki().guest("gus").allows("gus", *READ))
    site.scan()
    before = site.said
    site.refuse_to_look_up()

    report = site.scan()

    assert site.said == before == {"F7": {"gus"}, "F8": {"H", "P"}}
    assert set(site.stale_reasons().values()) == {"account_unreadable"}
    assert report.changes == {"stale": 2}


def crowded_team() -> SiteBuilder:
    site = wiki()
    for name in CROWD:
        site.person(name)
    site.guest("a-guest").guest("z-guest")
    return site.group("team", *CROWD, "a-guest", "z-guest").allows("team", *ADD)


@pytest.mark.parametrize("kind", [FaultKind.STATUS, FaultKind.FOREIGN_NEXT])
def test_T78_a_member_list_that_breaks_midway_takes_nothing_back(
    kind: FaultKind, connect: Connect
) -> None:
    site = connect(crowded_team())
    site.scan()
    before = {tracked.id: who(tracked) for tracked in site.open}
    second_page = "start=200" if kind is FaultKind.STATUS else ""
    team = "*/group-team/membersByGroupId"
    site.cloud.faults.add(Fault(kind, team, query=second_page))

    report = site.scan()

    assert report.coverage.ids(GapKind.GROUP) == {"group-team"}
    assert {tracked.id: who(tracked) for tracked in site.open} == before
    assert report.changes == {"stale": 4, "refreshed": 1}
    reasons = site.stale_reasons("external-access")
    assert reasons == {"a-guest": "", "z-guest": "group_unreadable"}


def test_T79_a_page_moved_under_a_restricted_parent_is_fixed_by_the_next_scan(
    connect: Connect,
) -> None:
    def where_p_is_under(parent: str) -> SiteBuilder:
        site = branch().guest("gus").allows("gus", *READ)
        site.page("Open").page("Shut").restricted_to("staff")
        return site.page("P", under=parent).restricted_to("staff", "gus")

    site = connect(where_p_is_under("Open"))
    site.scan()
    assert site.said["F8"] == {"Open", "P"}

    site.becomes(where_p_is_under("Shut"))
    site.scan()

    [fixed] = site.findings(Status.RESOLVED)
    assert fixed.finding.resource.title == "P"
    assert fixed.resolution is Resolution.FIXED
    assert site.said["F8"] == {"Open"}


def test_T82_a_space_that_is_hidden_from_us_is_a_gap_and_not_a_fix(
    connect: Connect,
) -> None:
    place = wiki().guest("gus").allows("gus", *ADD)
    site = connect(place)
    site.scan()
    before = site.said
    hidden = place.space_id_of("S")
    site.becomes(place, hidden_spaces=frozenset({hidden}))

    report = site.scan()

    assert report.coverage.ids(GapKind.NOT_VISIBLE) == {hidden}
    assert site.findings(Status.RESOLVED) == []
    assert site.said == before
    assert set(site.stale_reasons().values()) == {"not_visible"}


def test_T82_an_account_that_only_a_hidden_space_let_in_stays_open(
    connect: Connect,
) -> None:
    place = branch().guest("gus").allows("gus", *READ)
    site = connect(place)
    site.scan()
    hidden = place.space_id_of("S")
    site.becomes(place, hidden_spaces=frozenset({hidden}))

    report = site.scan()

    assert report.coverage.ids(GapKind.NOT_VISIBLE) == {hidden}
    assert site.said == {"F7": {"gus"}}
    assert site.stale_reasons() == {"gus": "not_visible"}


def test_T85_somebody_more_is_a_change_of_the_same_finding(connect: Connect) -> None:
    site = connect(wiki().guest("gus").allows("gus", *ADD))
    site.scan()
    before = site.the("F3")
    both = wiki().guest("gus").guest("gil").allows("gus", *ADD).allows("gil", *ADD)
    site.becomes(both)

    report = site.scan()

    after = site.the("F3")
    assert after.id == before.id
    assert after.fingerprint == before.fingerprint
    assert after.evidence_digest != before.evidence_digest
    assert "principals" in set(changed_fields(before, after))
    assert report.changes == {"created": 1, "updated": 3, "refreshed": 1}
