"""Cases of the table that take a scan: answers of Confluence, and its silences.

Their ids are those of the table of cases; ``F8`` is the finding of the
eighth detector, told by the titles of what it affects.
"""

import logging

import pytest

from casb_sdk import AnonymousUse, GapKind
from casb_sdk.cloud import CheckAnswer
from casb_sdk.model import Confidence
from casb_sdk.testing import SiteBuilder
from connector.export.native import native_finding
from sdk.tests.cases.reading import ANYBODY, branch, wiki
from tests.e2e.scanning import Connect

READ = ("read/space",)
ADD = ("read/space", "create/page")
NO_CONTENT = "User does not have permission to the content"


def test_T13_an_anonymous_grant_on_a_closed_site_reaches_whoever_is_logged_in(
    connect: Connect,
) -> None:
    site = connect(wiki().allows(ANYBODY, *READ), anonymous_allowed=False)

    site.scan()

    assert site.said == {"F10": {"space:S"}}
    assert site.the("F10").finding.anonymous_use is AnonymousUse.AUTHENTICATED_ANY
    assert native_finding(site.the("F10"))["exposure"] == "authenticated_any"


def test_T21_an_id_that_confluence_does_not_know_is_an_unknown_account(
    connect: Connect,
) -> None:
    site = connect(wiki().absent("ghost").allows("ghost", *READ))

    report = site.scan()

    assert report.coverage.is_complete
    assert site.said == {"F10": {"space:S"}}
    assert site.the("F10").finding.confidence is Confidence.MEDIUM


def test_T22_somebody_who_cannot_be_looked_up_is_no_finding_but_a_gap(
    connect: Connect,
) -> None:
    site = connect(wiki().guest("gus").allows("gus", *READ))
    site.refuse_to_look_up()

    report = site.scan()

    assert site.findings() == []
    assert report.coverage.ids(GapKind.ACCOUNT) == {"gus"}
    assert site.cloud.ledger.refused[429] > 3


def test_T26_a_list_with_a_deleted_group_shuts_everybody_out(connect: Connect) -> None:
    place = wiki().deleted_group("gone").guest("gus")
    place.allows(ANYBODY, *READ).allows("gus", *READ)

    site = connect(place.page("Shut").restricted_to("gone"))
    report = site.scan()

    assert report.coverage.is_complete
    assert site.said == {"F10": {"space:S"}, "F7": {"gus"}, "F8": {"H", "P"}}


def lists_on_a_folder_and_a_whiteboard() -> SiteBuilder:
    site = branch().guest("gus").allows("gus", *READ)
    site.folder("Q").restricted_to("staff", "gus")
    site.whiteboard("R", under="Q").restricted_to("staff")
    return site.page("P", under="R").page("Next to R", under="Q")


def test_T49_lists_of_folders_and_whiteboards_hold_for_what_is_below(
    connect: Connect,
) -> None:
    site = connect(lists_on_a_folder_and_a_whiteboard())

    site.scan()

    assert site.said["F8"] == {"Q", "Next to R"}
    assert site.the("F8").finding.resource.title == "Q"


def test_T49_they_hold_even_where_search_lists_pages_only(connect: Connect) -> None:
    types = ("page", "blogpost")
    site = connect(lists_on_a_folder_and_a_whiteboard(), search_types=types)

    report = site.scan()

    assert site.said["F8"] == {"Next to R"}
    assert {"folder", "whiteboard"} <= report.coverage.ids(GapKind.CONTENT_TYPE)


def test_T51_an_archived_page_can_be_seen_and_not_edited(connect: Connect) -> None:
    place = wiki().guest("gus").allows("gus", *ADD).page("Old", status="archived")

    site = connect(place)
    site.scan()

    assert site.said["F3"] == {"H", "P"}
    assert site.said["F8"] == {"H", "P", "Old"}


def test_T77_an_ancestor_that_is_not_there_is_skipped_with_less_confidence(
    connect: Connect,
) -> None:
    place = branch().guest("gus").allows("gus", *ADD).page("Q", status="trashed")

    site = connect(place.page("P", under="Q"))
    report = site.scan()

    assert report.coverage.is_complete
    assert site.said["F3"] == site.said["F8"] == {"P"}
    assert site.the("F3").finding.confidence is Confidence.MEDIUM
    assert site.the("F8").finding.confidence is Confidence.MEDIUM


def test_T77_below_an_ancestor_that_nobody_describes_there_is_a_gap(
    connect: Connect,
) -> None:
    place = branch().guest("gus").allows("gus", *ADD).page("H").page("Q")
    place.page("P", under="Q", status="archived")
    hidden = place.id_of("Q")

    site = connect(place, hidden_ids=frozenset({hidden}))
    report = site.scan()

    assert report.coverage.ids(GapKind.ANCESTOR) == {hidden}
    assert site.said["F3"] == site.said["F8"] == {"H"}


def test_T81_where_confluence_says_no_the_finding_is_dropped_and_the_model_noted(
    connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    place = wiki().guest("gus").allows("gus", *ADD)
    place.page("Own").restricted_to("gus")
    no = CheckAnswer(allowed=False, error=NO_CONTENT)
    site = connect(place, checks={("gus", place.id_of("Own")): no})
    site.configure(verify="true")

    with caplog.at_level(logging.WARNING):
        report = site.scan()

    assert site.said["F3"] == site.said["F8"] == {"H", "P"}
    noted = [note for note in report.notes if note.startswith("model_mismatch")]
    assert [place.id_of("Own") in note for note in noted] == [True] * len(noted) != []
    assert all(note in caplog.text for note in noted)


@pytest.mark.parametrize(
    ("rights", "before"), [(ADD, {"F1", "F2", "F10"}), (READ, {"F10"})]
)
def test_T81b_an_account_that_may_not_use_confluence_is_dead(
    rights: tuple[str, ...], before: set[str], connect: Connect
) -> None:
    site = connect(wiki().unknown("u1").allows("u1", *rights))
    site.scan()
    assert site.said.keys() == before
    site.configure(verify="true")

    site.scan()

    assert site.open == []


def test_T81c_a_site_that_is_closed_to_anonymous_visitors_keeps_the_findings(
    connect: Connect,
) -> None:
    site = connect(wiki().allows(ANYBODY, *ADD), anonymous_allowed=False)
    site.configure(verify="true")

    site.scan()

    assert site.said == {"F1": {"H", "P"}, "F2": {"space:S"}, "F10": {"space:S"}}
    uses = {tracked.finding.anonymous_use for tracked in site.open}
    assert uses == {AnonymousUse.AUTHENTICATED_ANY}
