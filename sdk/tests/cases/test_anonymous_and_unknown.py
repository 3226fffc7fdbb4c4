"""Cases T01 to T30: anonymous visitors and accounts nobody can name."""

from casb_sdk.diagnostics import Diagnostic
from casb_sdk.model import (
    AccessClass,
    Account,
    AnonymousUse,
    Audience,
    Confidence,
    Level,
)
from casb_sdk.testing import SiteBuilder
from sdk.tests.cases.reading import (
    ANYBODY,
    branch,
    confidences_of,
    diagnostics_of,
    exposures_of,
    findings_of,
    notes_of,
    only,
    viewers_of,
    wiki,
)

ACCESS = {"F10": {"space:S"}}
EDIT = {"F2": {"space:S"}, "F10": {"space:S"}}


def open_wiki() -> SiteBuilder:
    return wiki().allows(ANYBODY, "read/space", "create/page")


def open_branch() -> SiteBuilder:
    return branch().allows(ANYBODY, "read/space", "create/page")


def test_T01_anonymous_read_is_access() -> None:
    site = wiki().allows(ANYBODY, "read/space")

    assert findings_of(site) == ACCESS


def test_T02_creating_pages_is_editing_them_where_permissions_are_not_split() -> None:
    assert findings_of(open_wiki()) == EDIT | {"F1": {"H", "P"}}


def test_T03_an_edit_list_keeps_anonymous_visitors_from_editing() -> None:
    site = open_wiki().person("u1").restricted_to("u1", Level.EDIT)

    assert findings_of(site) == EDIT | {"F1": {"H"}}


def test_T04_a_view_list_keeps_anonymous_visitors_from_editing() -> None:
    site = open_wiki().restricted_to("staff")

    assert findings_of(site) == EDIT | {"F1": {"H"}}


def test_T05_a_view_list_is_inherited() -> None:
    site = open_branch().page("Q").restricted_to("staff").page("P", under="Q")

    assert findings_of(site) == EDIT


def test_T06_an_edit_list_is_not_inherited() -> None:
    site = (
        open_branch().page("Q").restricted_to("staff", Level.EDIT).page("P", under="Q")
    )

    assert findings_of(site) == EDIT | {"F1": {"P"}}


def test_T07_creating_blog_posts_edits_blog_posts_and_no_pages() -> None:
    site = wiki().blog("News").allows(ANYBODY, "read/space", "create/blogpost")

    assert findings_of(site) == EDIT | {"F1": {"News"}}


def test_T08_commenting_is_not_editing() -> None:
    site = wiki().allows(ANYBODY, "read/space", "create/comment")

    assert findings_of(site) == ACCESS


def test_T09_attaching_files_edits_the_space_but_no_content() -> None:
    site = wiki().allows(ANYBODY, "read/space", "create/attachment")

    assert findings_of(site) == EDIT


def test_T10_an_operation_without_reading_the_space_has_no_effect() -> None:
    site = wiki().allows(ANYBODY, "create/page")

    assert findings_of(site) == {}
    assert diagnostics_of(site) == {Diagnostic("operation_without_read", "anonymous")}


def test_T11_creating_is_not_editing_where_permissions_are_split() -> None:
    site = open_wiki().allows("staff", "read/space", "update/page")

    assert findings_of(site) == EDIT


def test_T12_updating_is_editing_where_permissions_are_split() -> None:
    site = wiki().allows(ANYBODY, "read/space", "update/page")

    assert findings_of(site) == EDIT | {"F1": {"H", "P"}}


def test_T13_model_a_closed_site_leaves_the_finding_and_says_whom_it_reaches() -> None:
    site = wiki().anonymous_reaches(AnonymousUse.AUTHENTICATED_ANY)

    site.allows(ANYBODY, "read/space")

    assert findings_of(site) == ACCESS
    assert only(site, "F10").anonymous_use is AnonymousUse.AUTHENTICATED_ANY


def test_T14_access_of_the_unlicensed_is_a_note() -> None:
    site = wiki().allows(AccessClass.UNLICENSED, "read/space")

    assert findings_of(site) == {}
    assert notes_of(site) == {"unlicensed_access"}


def test_T15_access_of_all_who_are_logged_in_is_a_note() -> None:
    site = wiki().allows(AccessClass.AUTHENTICATED, "read/space")

    assert findings_of(site) == {}
    assert notes_of(site) == {"authenticated_users_access"}


def test_T16_a_role_given_to_anonymous_visitors_counts() -> None:
    site = wiki().role("Editor", "read/space", "update/page").on_roles()

    site.assigns("Editor", ANYBODY)

    assert findings_of(site) == EDIT | {"F1": {"H", "P"}}


def test_T17_deleting_ones_own_is_not_editing() -> None:
    site = wiki().allows(ANYBODY, "read/space", "delete/space")

    assert findings_of(site) == ACCESS


def test_T18_exporting_is_not_editing() -> None:
    site = wiki().allows(ANYBODY, "read/space", "export/space")

    assert findings_of(site) == ACCESS


def test_T19_an_unknown_account_may_edit_but_is_probably_dead() -> None:
    site = wiki().unknown("u1").allows("u1", "read/space", "create/page")

    assert findings_of(site) == EDIT | {"F1": {"H", "P"}}
    for exposures in exposures_of(site).values():
        [exposed] = exposures[0].principals
        assert exposed.confidence is Confidence.MEDIUM
        assert exposed.notes == ("likely_orphan_grant",)


def test_T19b_editing_read_from_creating_on_a_site_on_roles_is_little_sure() -> None:
    site = open_wiki().on_roles().anonymous_reaches(AnonymousUse.INTERNET)

    assert findings_of(site) == EDIT | {"F1": {"H", "P"}}
    assert confidences_of(site) == {
        "F1": {Confidence.LOW},
        "F2": {Confidence.LOW},
        "F10": {Confidence.HIGH},
    }
    assert diagnostics_of(site) == {Diagnostic("split_mode_assumed")}


def test_T20_a_closed_account_reaches_nothing() -> None:
    site = wiki().closed("u1").allows("u1", "read/space", "create/page")

    assert findings_of(site) == {}


def test_T21_an_id_that_is_gone_is_unknown() -> None:
    site = wiki().absent("u1").allows("u1", "read/space")

    assert findings_of(site) == ACCESS
    assert confidences_of(site) == {"F10": {Confidence.MEDIUM}}


def test_T22_model_a_failed_look_up_is_a_note_and_no_finding() -> None:
    site = wiki().undetermined("u1").allows("u1", Level.EDIT)

    assert findings_of(site) == {}
    assert notes_of(site) == {"undetermined_account"}


def test_T23_a_known_account_of_no_type_is_undetermined() -> None:
    site = wiki().account(Account("u1", type="known", account_type=""))

    site.allows("u1", Level.EDIT)

    assert findings_of(site) == {}
    assert notes_of(site) == {"undetermined_account"}


def test_T24_an_unknown_account_reads_through_a_group() -> None:
    site = wiki().unknown("u1").group("readers", "u1").allows("readers", "read/space")

    assert findings_of(site) == ACCESS


def test_T25_a_view_list_gives_nothing_without_the_space() -> None:
    site = wiki().unknown("u1").restricted_to("u1")

    assert findings_of(site) == {}


def test_T26_a_view_list_of_a_deleted_group_still_hides_the_page() -> None:
    site = wiki().deleted_group("gone").restricted_to("gone")

    site.allows(ANYBODY, "read/space")

    assert findings_of(site) == ACCESS
    assert viewers_of(site, Audience.ANONYMOUS, "H") == {"anonymous"}
    assert viewers_of(site, Audience.ANONYMOUS, "P") == set()


def test_T27_a_restricted_homepage_hides_what_is_below_it_and_not_beside_it() -> None:
    site = (
        open_branch()
        .homepage("H")
        .restricted_to("staff")
        .page("P", under="H")
        .page("T2")
    )

    assert findings_of(site) == EDIT | {"F1": {"T2"}}


def test_T28_a_group_called_anonymous_is_a_plain_group() -> None:
    site = wiki().group("anonymous", "ann").allows("anonymous", Level.EDIT)

    assert findings_of(site) == {}


def test_T29_a_restricted_page_of_a_closed_space_is_no_finding_of_the_ten() -> None:
    site = wiki().restricted_to("staff").allows("staff", Level.EDIT)

    assert findings_of(site) == {}


def test_T30_anonymous_visitors_of_a_personal_space_are_reported() -> None:
    site = SiteBuilder().person("ann").personal_space("ann").page("Diary")

    site.allows(ANYBODY, "read/space")

    assert findings_of(site) == {"F10": {"space:~ann"}}
