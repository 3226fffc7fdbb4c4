"""Cases T47 to T59 and T86 to T88: externals, restrictions and the tree."""

import pytest

from casb_sdk.exposure import Cause
from casb_sdk.model import Level
from casb_sdk.testing import SiteBuilder
from sdk.tests.cases.reading import (
    ANYBODY,
    branch,
    findings_of,
    only,
    reach_of,
    wiki,
)

ADD = ("read/space", "create/page")


def shared_with(*operations: str) -> SiteBuilder:
    return branch().guest("ext").allows("ext", *operations)


def test_T47_to_view_a_page_one_must_pass_every_list_above_it() -> None:
    site = shared_with("read/space").page("Q").restricted_to("staff", "ext")

    site.page("R", under="Q").restricted_to("staff").page("P", under="R")

    assert findings_of(site)["F8"] == {"Q"}


def test_T48_a_list_does_not_lead_past_the_list_of_a_parent() -> None:
    site = shared_with("read/space").page("Q").restricted_to("staff")

    site.page("P", under="Q").restricted_to("ext")

    assert "F8" not in findings_of(site)


@pytest.mark.parametrize("kind", ["folder", "whiteboard"])
def test_T49_lists_are_inherited_through_ancestors_of_any_kind(kind: str) -> None:
    site = shared_with("read/space").item(kind, "Q").restricted_to("staff", "ext")

    site.item(kind, "R", under="Q").restricted_to("staff").page("P", under="R")

    assert findings_of(site)["F8"] == {"Q"}


def test_T50_creating_pages_edits_whiteboards_too() -> None:
    site = shared_with(*ADD).whiteboard("Sketch")

    assert findings_of(site)["F3"] == {"Sketch"}


def test_T51_an_archived_page_is_viewed_and_not_edited() -> None:
    site = shared_with(*ADD).page("P", status="archived")

    assert findings_of(site)["F8"] == {"P"}
    assert "F3" not in findings_of(site)


@pytest.mark.parametrize("status", ["trashed", "draft"])
def test_T52_a_page_that_is_not_published_is_not_reached(status: str) -> None:
    site = shared_with(*ADD).page("P", status=status)

    assert findings_of(site) == {"F4": {"space:S"}, "F7": {"ext"}}


def test_T54_an_external_at_home_is_reported_as_an_account_only() -> None:
    site = SiteBuilder().outsider("eve").personal_space("eve").page("Diary")

    site.allows("eve", Level.ADMIN)

    assert findings_of(site) == {"F7": {"eve"}}


def test_T54_another_external_in_a_personal_space_is_reported() -> None:
    site = SiteBuilder().outsider("eve").guest("gus").personal_space("eve")

    site.page("Diary").allows("eve", Level.ADMIN).allows("gus", *ADD)

    assert reach_of(site, "F3") == {"space_content ~eve": {"gus": {"Diary"}}}
    assert [e.principal.id for e in only(site, "F4").principals] == ["gus"]


def test_T55_a_space_admin_passes_no_list_but_could_lift_it() -> None:
    site = wiki().restricted_to("staff").guest("ext")

    site.allows("ext", "read/space", "administer/space")

    assert findings_of(site) == {"F4": {"space:S"}, "F7": {"ext"}, "F8": {"H"}}
    assert only(site, "F4").level is Level.ADMIN
    assert only(site, "F4").can_self_elevate


def test_T56_deleting_edits_the_space_but_no_content() -> None:
    site = wiki().guest("ext").allows("ext", "read/space", "delete/page")

    assert findings_of(site) == {
        "F4": {"space:S"},
        "F7": {"ext"},
        "F8": {"H", "P"},
    }


def test_T58_a_page_shared_by_its_view_list_is_the_cause_of_its_own_finding() -> None:
    site = shared_with(*ADD).page("P").restricted_to("ext")

    assert reach_of(site, "F3") == {"page P": {"ext": {"P"}}}
    assert only(site, "F3").cause is Cause.RESTRICTION


def test_T59_what_an_external_edits_like_anybody_is_told_of_anybody() -> None:
    site = wiki().guest("ext").allows("ext", "read/space").allows(ANYBODY, *ADD)

    assert findings_of(site) == {
        "F1": {"H", "P"},
        "F2": {"space:S"},
        "F7": {"ext"},
        "F8": {"H", "P"},
        "F10": {"space:S"},
    }
    assert reach_of(site, "F8") == {"space_content S": {"ext": {"H", "P"}}}


def test_T86_an_anchor_with_both_lists_differs_from_its_children() -> None:
    site = shared_with(*ADD).page("Q").restricted_to("staff", "ext")

    site.restricted_to("staff", Level.EDIT).page("P", under="Q")

    assert reach_of(site, "F3") == {"page Q": {"ext": {"P"}}}
    assert reach_of(site, "F8") == {"page Q": {"ext": {"Q", "P"}}}


def test_T87_a_guest_let_in_where_anybody_is_kept_out_is_a_finding() -> None:
    site = wiki().guest("ext").restricted_to("ext").allows(ANYBODY, "read/space")

    assert findings_of(site) == {"F8": {"P"}, "F10": {"space:S"}}
    assert reach_of(site, "F8") == {"page P": {"ext": {"P"}}}


def test_T88_an_external_who_edits_where_anybody_cannot_is_a_finding() -> None:
    site = wiki().guest("ext").restricted_to("ext", Level.EDIT).allows(ANYBODY, *ADD)

    assert findings_of(site) == {
        "F1": {"H"},
        "F2": {"space:S"},
        "F3": {"P"},
        "F10": {"space:S"},
    }
