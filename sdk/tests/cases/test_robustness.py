"""Cases T76 to T85: repeated, missing, half-read and moving facts."""

from casb_sdk.coverage import Gap, GapKind
from casb_sdk.finding import Finding
from casb_sdk.model import (
    AnonymousUse,
    Confidence,
    Level,
    Membership,
    NodeState,
)
from casb_sdk.space import Refusal
from casb_sdk.testing import SiteBuilder
from sdk.tests.cases.reading import (
    ANYBODY,
    branch,
    confidences_of,
    exposures_of,
    findings_of,
    only,
    reach_of,
    spaces_of,
    wiki,
)

ADD = ("read/space", "create/page")


def shared_wiki() -> SiteBuilder:
    return wiki().guest("gus").allows("gus", *ADD)


def test_T76_a_grant_told_twice_counts_once() -> None:
    site = shared_wiki().allows("gus", *ADD)

    assert reach_of(site, "F3") == {"space_content S": {"gus": {"H", "P"}}}
    assert len(exposures_of(site)["F3"]) == len(exposures_of(site)["F4"]) == 1


def test_T77_a_missing_ancestor_is_skipped_with_less_confidence() -> None:
    site = branch().guest("gus").allows("gus", *ADD)

    site.ancestor("Q", NodeState.MISSING).page("P", under="Q")

    assert findings_of(site)["F3"] == {"P"}
    assert confidences_of(site)["F3"] == {Confidence.MEDIUM}
    assert confidences_of(site)["F8"] == {Confidence.MEDIUM}


def test_T77_lists_above_a_missing_ancestor_still_hold() -> None:
    site = branch().guest("gus").allows("gus", *ADD).page("R").restricted_to("staff")

    site.ancestor("Q", NodeState.MISSING, under="R").page("P", under="Q")

    assert "F8" not in findings_of(site)


def test_T77_nothing_is_said_of_pages_below_an_ancestor_that_was_refused() -> None:
    site = branch().guest("gus").allows("gus", *ADD).page("H")

    site.ancestor("Q", NodeState.UNREADABLE).page("P", under="Q")

    [space] = spaces_of(site)
    assert findings_of(site)["F8"] == {"H"}
    assert space.unjudged == {site.id_of("Q"), site.id_of("P")}


def test_T77_nothing_is_said_of_a_page_whose_restrictions_were_refused() -> None:
    site = shared_wiki().page("Child", under="P")

    site.cannot_read(GapKind.RESTRICTION, site.id_of("P"), "503")

    [space] = spaces_of(site)
    assert findings_of(site)["F8"] == {"H"}
    assert space.unjudged == {site.id_of("P"), site.id_of("Child")}


def test_T78_model_a_half_read_group_counts_for_the_members_that_were_read() -> None:
    site = wiki().guest("gus").guest("gil")

    site.group("team", "gus", membership=Membership.PARTIAL).allows("team", *ADD)

    assert reach_of(site, "F8") == {"space_content S": {"gus": {"H", "P"}}}
    assert site.snapshot().directory.coverage.gaps == (
        Gap(GapKind.GROUP, "group-team", "paging_broke"),
    )


def test_T79_a_page_moved_under_a_restricted_parent_is_no_longer_affected() -> None:
    def where_p_is_under(parent: str) -> SiteBuilder:
        site = branch().guest("gus").allows("gus", *ADD).page("Open")
        return site.page("Shut").restricted_to("staff").page("P", under=parent)

    assert findings_of(where_p_is_under("Open"))["F3"] == {"Open", "P"}
    assert findings_of(where_p_is_under("Shut"))["F3"] == {"Open"}


def test_T80_one_finding_for_the_space_and_one_for_each_page_shared_on_its_own() -> (
    None
):
    site = branch().guest("gus").allows("gus", *ADD).pages(150)

    site.page("A").restricted_to("gus").page("B").restricted_to("gus")

    counts = {
        exposure.resource.title: exposure.affected and exposure.affected.count
        for exposure in exposures_of(site)["F3"]
    }
    assert counts == {"S": 150, "A": 1, "B": 1}


def test_T81_model_a_refusal_of_one_page_drops_it() -> None:
    site = branch().guest("gus").allows("gus", *ADD).page("H")
    site.page("P").restricted_to("gus")

    refusal = Refusal("gus", site.id_of("P"), Level.EDIT)

    assert findings_of(site, frozenset({refusal}))["F3"] == {"H"}
    assert findings_of(site, frozenset({refusal}))["F8"] == {"H", "P"}


def test_T81b_model_an_account_that_cannot_use_confluence_reaches_nothing() -> None:
    site = wiki().unknown("u1").allows("u1", *ADD)

    assert findings_of(site, frozenset({Refusal("u1")})) == {}


def test_T81c_model_a_site_closed_to_anonymous_visitors_keeps_the_findings() -> None:
    site = wiki().allows(ANYBODY, *ADD)

    site.anonymous_reaches(AnonymousUse.AUTHENTICATED_ANY)

    assert findings_of(site).keys() == {"F1", "F2", "F10"}
    for exposures in exposures_of(site).values():
        assert exposures[0].anonymous_use is AnonymousUse.AUTHENTICATED_ANY
        assert exposures[0].confidence is Confidence.HIGH


def test_T82_model_a_space_that_is_not_visible_leaves_a_gap_and_no_finding() -> None:
    site = SiteBuilder().guest("gus").cannot_read(GapKind.NOT_VISIBLE, "77", "403")

    assert findings_of(site) == {}
    assert not site.snapshot().directory.coverage.is_complete


def test_T84_attachments_and_comments_are_never_their_own_finding() -> None:
    site = shared_wiki().item("attachment", "a.pdf", under="P")

    site.item("comment", "First!", under="P")

    assert findings_of(site)["F3"] == {"H", "P"}
    assert findings_of(site)["F8"] == {"H", "P"}


def test_T85_a_change_of_principals_is_a_change_of_the_same_finding() -> None:
    before = shared_wiki()
    after = shared_wiki().guest("gil").allows("gil", *ADD)

    first = Finding.of("external-content-edit", only(before, "F3"))
    second = Finding.of("external-content-edit", only(after, "F3"))

    assert first.fingerprint("cloud") == second.fingerprint("cloud")
    assert first.principals != second.principals
