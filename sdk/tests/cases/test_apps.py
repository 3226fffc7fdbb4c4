"""Cases T60 to T75: third-party apps, and the apps that are none."""

from dataclasses import replace

from casb_sdk.exposure import Cause
from casb_sdk.model import Account, Confidence, Level
from casb_sdk.testing import SiteBuilder
from sdk.tests.cases.reading import ANYBODY, branch, findings_of, only, reach_of, wiki

ANALYTICS = "557058:cbc04d7b-be84-46eb-90e4-e567aa5332c6"
ANALYTICS_NAME = "Confluence Analytics (System)"


def wiki_with_app() -> SiteBuilder:
    return wiki().app("bot")


def listing_analytics(site: SiteBuilder) -> SiteBuilder:
    return site.with_policy(
        replace(
            site.policy,
            atlassian_app_ids=frozenset({ANALYTICS}),
            atlassian_app_names=frozenset({ANALYTICS_NAME}),
        )
    )


def test_T60_an_app_with_its_default_grants_edits_space_and_content() -> None:
    site = wiki_with_app().allows("bot", Level.EDIT)

    assert findings_of(site) == {
        "F5": {"H", "P"},
        "F6": {"space:S"},
        "F9": {"H", "P"},
    }
    assert only(site, "F5").confidence is Confidence.HIGH


def test_T61_an_app_that_reads_views_content() -> None:
    site = wiki_with_app().allows("bot", "read/space")

    assert findings_of(site) == {"F9": {"H", "P"}}


def test_T62_an_app_that_no_view_list_names_does_not_reach_the_page() -> None:
    site = wiki_with_app().restricted_to("staff").allows("bot", Level.EDIT)

    assert findings_of(site) == {"F5": {"H"}, "F6": {"space:S"}, "F9": {"H"}}


def test_T63_an_app_that_both_lists_name_edits_the_page() -> None:
    site = branch().app("bot").group("bots", "bot").allows("bot", Level.EDIT)

    site.page("P").restricted_to("bots").restricted_to("bots", Level.EDIT)

    assert findings_of(site) == {"F5": {"P"}, "F6": {"space:S"}, "F9": {"P"}}
    assert reach_of(site, "F5") == {"page P": {"bot": {"P"}}}
    assert only(site, "F5").cause is Cause.RESTRICTION


def test_T64_an_app_that_only_the_view_list_names_views_the_page() -> None:
    site = branch().app("bot").group("bots", "bot").allows("bot", Level.EDIT)

    site.page("P").restricted_to("bots").restricted_to("staff", Level.EDIT)

    assert findings_of(site) == {"F6": {"space:S"}, "F9": {"P"}}
    assert reach_of(site, "F9") == {"page P": {"bot": {"P"}}}


def test_T65_an_app_without_the_space_is_not_let_in_by_a_list() -> None:
    site = wiki_with_app().restricted_to("bot").restricted_to("bot", Level.EDIT)

    assert findings_of(site) == {}


def test_T66_an_app_of_atlassians_is_not_reported() -> None:
    site = listing_analytics(wiki().app(ANALYTICS))

    site.allows(ANALYTICS, "read/space", "administer/space")

    assert findings_of(site) == {}


def test_T67_an_app_that_borrows_the_name_of_an_atlassian_app_is_reported() -> None:
    site = listing_analytics(wiki().app("bot", display_name=ANALYTICS_NAME))

    site.allows("bot", "read/space", "administer/space")

    [exposed] = only(site, "F6").principals
    assert exposed.principal.name_collision


def test_T68_a_person_called_slack_is_no_app() -> None:
    slack = Account("slack", display_name="Slack", email_domain="acme.example")
    site = wiki().account(slack, licensed=True).allows("slack", Level.EDIT)

    assert findings_of(site) == {}


def test_T69_a_service_account_is_not_a_third_party() -> None:
    site = wiki().app("x", domain="ServiceAccount.Atlassian.com")

    site.allows("x", Level.EDIT)

    assert findings_of(site) == {}


def test_T70_the_connector_does_not_report_itself() -> None:
    site = wiki_with_app().allows("bot", Level.EDIT)

    site.with_policy(replace(site.policy, self_app_ids=frozenset({"bot"})))

    assert findings_of(site) == {}


def test_T71_an_inactive_app_reaches_nothing() -> None:
    app = Account("bot", account_type="app", account_status="inactive")
    site = wiki().account(app).allows("bot", Level.EDIT)

    assert findings_of(site) == {}


def test_T72_an_app_that_administers_the_space_edits_no_page_by_that() -> None:
    site = wiki_with_app().allows("bot", "read/space", "administer/space")

    assert findings_of(site) == {"F6": {"space:S"}, "F9": {"H", "P"}}
    assert only(site, "F6").level is Level.ADMIN


def test_T73_an_app_without_grants_is_no_finding() -> None:
    assert findings_of(wiki_with_app()) == {}


def test_T74_an_access_rule_the_model_cannot_see_changes_nothing() -> None:
    blocked_by_a_rule = wiki_with_app().allows("bot", Level.EDIT)

    assert findings_of(blocked_by_a_rule).keys() == {"F5", "F6", "F9"}


def test_T75_what_an_app_reaches_like_anybody_is_told_of_anybody() -> None:
    site = wiki_with_app().allows(ANYBODY, "read/space", "create/page")

    assert findings_of(site) == {
        "F1": {"H", "P"},
        "F2": {"space:S"},
        "F10": {"space:S"},
    }
