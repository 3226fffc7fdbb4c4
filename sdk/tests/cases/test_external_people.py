"""Cases T31 to T46, T53, T57, T83 and T89: who is external, and by which way."""

from dataclasses import replace

import pytest

from casb_sdk.audience import AudiencePolicy
from casb_sdk.diagnostics import Diagnostic
from casb_sdk.exposed import Via
from casb_sdk.model import AccessClass, Account, Confidence, Level, Membership
from casb_sdk.testing import SiteBuilder
from sdk.tests.cases.reading import (
    ANYBODY,
    confidences_of,
    diagnostics_of,
    findings_of,
    only,
    reach_of,
    wiki,
)

ADD = ("read/space", "create/page")


def edits_everything(account_id: str) -> dict[str, set[str]]:
    return {
        "F3": {"H", "P"},
        "F4": {"space:S"},
        "F7": {account_id},
        "F8": {"H", "P"},
    }


def test_T31_a_guest_who_may_add_pages_edits_space_and_content() -> None:
    site = wiki().guest("gus").allows("gus", *ADD)

    assert findings_of(site) == edits_everything("gus")
    assert only(site, "F3").confidence is Confidence.HIGH


def test_T32_a_guest_outside_the_edit_list_views_the_page_only() -> None:
    site = wiki().restricted_to("staff", Level.EDIT).guest("gus").group("team", "gus")

    site.allows("team", *ADD)

    assert findings_of(site) == {
        "F3": {"H"},
        "F4": {"space:S"},
        "F7": {"gus"},
        "F8": {"H", "P"},
    }
    assert confidences_of(site)["F8"] == {Confidence.MEDIUM}


def test_T32_a_guest_whose_group_holds_a_role_is_reached_through_a_group_too() -> None:
    site = wiki().guest("gus").group("team", "gus").role("Viewer", "read/space")

    site.assigns("Viewer", "team")

    assert confidences_of(site)["F8"] == {Confidence.MEDIUM}


def test_T33_a_guest_who_reads_has_access_and_views() -> None:
    site = wiki().guest("gus").allows("gus", "read/space")

    assert findings_of(site) == {"F7": {"gus"}, "F8": {"H", "P"}}


def test_T34_a_guest_outside_the_view_list_does_not_reach_the_page() -> None:
    site = wiki().restricted_to("staff").guest("gus").allows("gus", *ADD)

    assert findings_of(site) == {
        "F3": {"H"},
        "F4": {"space:S"},
        "F7": {"gus"},
        "F8": {"H"},
    }


def test_T35_a_guest_named_on_a_page_of_a_closed_space_reaches_nothing() -> None:
    site = wiki().guest("gus").restricted_to("gus").restricted_to("gus", Level.EDIT)

    assert findings_of(site) == {}


def test_T36_an_edit_list_does_not_pass_a_view_list() -> None:
    site = wiki().guest("gus").restricted_to("staff").restricted_to("gus", Level.EDIT)

    site.allows("gus", *ADD)

    assert findings_of(site)["F3"] == {"H"}
    assert findings_of(site)["F8"] == {"H"}


def test_T37_a_licensed_user_of_a_foreign_domain_is_an_external() -> None:
    site = wiki().outsider("eve").allows("confluence-users", *ADD)

    assert findings_of(site) == edits_everything("eve")


def test_T38_without_internal_domains_only_guests_and_customers_are_external() -> None:
    site = wiki().outsider("eve").allows("confluence-users", *ADD)

    site.with_policy(AudiencePolicy())

    assert findings_of(site) == {}


def test_T39_a_guest_with_an_internal_address_stays_a_guest() -> None:
    site = wiki().guest("gus", domain="acme.example").allows("gus", "read/space")

    assert findings_of(site) == {"F7": {"gus"}, "F8": {"H", "P"}}


def test_T40_nobody_is_external_for_hiding_their_address() -> None:
    site = wiki().person("bo", domain="").allows("bo", Level.EDIT)

    assert findings_of(site) == {}


def test_T41_model_somebody_of_an_internal_domain_is_internal() -> None:
    site = wiki().person("bo", domain="acme.example").allows("bo", Level.EDIT)

    assert findings_of(site) == {}


@pytest.mark.parametrize(
    ("match_subdomains", "found"), [(False, {"F7", "F8"}), (True, set())]
)
def test_T42_a_subdomain_is_internal_only_if_the_operator_says_so(
    match_subdomains: bool, found: set[str]
) -> None:
    site = wiki().person("bo", domain="sub.acme.example").allows("bo", "read/space")

    site.with_policy(replace(site.policy, match_subdomains=match_subdomains))

    assert findings_of(site).keys() == found


def test_T43_all_licensed_users_leaves_guests_out() -> None:
    site = wiki().outsider("eve").guest("gus").role("Collaborator", *ADD)

    site.assigns("Collaborator", AccessClass.LICENSED)

    assert findings_of(site) == edits_everything("eve")
    assert reach_of(site, "F3") == {"space_content S": {"eve": {"H", "P"}}}


def test_T44_a_guest_in_an_open_space_is_like_anybody() -> None:
    site = wiki().guest("gus").allows(ANYBODY, "read/space")

    assert findings_of(site) == {"F10": {"space:S"}}


def test_T45_two_externals_share_one_finding() -> None:
    site = wiki().guest("gus").guest("gil").allows("gus", *ADD).allows("gil", *ADD)

    principals = [exposed.principal.id for exposed in only(site, "F3").principals]

    assert principals == ["gil", "gus"]


def test_T46_three_ways_in_are_one_principal_with_three_paths() -> None:
    site = wiki().guest("gus").group("one", "gus").group("two", "gus")

    site.allows("gus", "read/space")
    site.allows("one", "read/space").allows("two", "read/space")

    [exposed] = only(site, "F8").principals
    assert [(path.via, path.group_name) for path in exposed.paths] == [
        (Via.USER, ""),
        (Via.GROUP, "one"),
        (Via.GROUP, "two"),
    ]


def test_T53_an_inactive_external_reaches_nothing() -> None:
    site = wiki().inactive("eve").allows("eve", Level.EDIT)

    assert findings_of(site) == {}


def test_T57_a_customer_who_reads_is_little_sure() -> None:
    site = wiki().customer("cy").allows("cy", "read/space")

    assert findings_of(site) == {"F7": {"cy"}, "F8": {"H", "P"}}
    assert confidences_of(site) == {"F7": {Confidence.LOW}, "F8": {Confidence.LOW}}


def test_T83_where_everybody_may_do_everything_an_outsider_is_found_per_space() -> None:
    site = SiteBuilder().outsider("eve")
    for key in ("A", "B"):
        site.space(key).page(f"Page of {key}")
        site.allows("confluence-users", Level.ADMIN)

    assert findings_of(site) == {
        "F3": {"Page of A", "Page of B"},
        "F4": {"space:A", "space:B"},
        "F7": {"eve"},
        "F8": {"Page of A", "Page of B"},
    }
    assert list(reach_of(site, "F3")) == ["space_content A", "space_content B"]


def test_T89_an_outsider_without_product_access_holds_nothing() -> None:
    site = wiki().outsider("eve", licensed=False).allows("eve", Level.EDIT)

    assert findings_of(site) == {}
    assert diagnostics_of(site) == {Diagnostic("grant_without_access", "eve")}


def test_T89_everybody_counts_as_let_in_where_product_groups_are_hidden() -> None:
    site = wiki().outsider("eve", licensed=False).hides_product_groups()

    site.allows("eve", Level.EDIT)

    assert findings_of(site) == edits_everything("eve")
    assert confidences_of(site)["F3"] == {Confidence.MEDIUM}


def test_T89_everybody_counts_as_let_in_where_a_product_group_is_half_read() -> None:
    site = wiki().outsider("eve", licensed=False)

    site.group("confluence-users", membership=Membership.PARTIAL)
    site.allows("eve", Level.EDIT)

    assert findings_of(site) == edits_everything("eve")


def test_T89_an_account_of_a_type_nobody_knows_is_judged_by_its_address() -> None:
    robot = Account("x", account_type="robot", email_domain="partner.example")
    site = wiki().account(robot, licensed=True).allows("x", "read/space")

    assert findings_of(site) == {"F7": {"x"}, "F8": {"H", "P"}}
