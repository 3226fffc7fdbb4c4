"""Verifying over HTTP a finding whose place was moved, limited, hidden or deleted."""

from dataclasses import replace

from casb_sdk import SiteSnapshot
from casb_sdk.testing import SiteBuilder
from connector.domain.finding_state import (
    Resolution,
    Status,
)
from connector.domain.verification import Outcome
from sdk.tests.cases.reading import branch, wiki
from tests.e2e.scanning import Connect
from tests.e2e.verifying import ADD, READ, at, tree, verify


def test_a_limit_on_the_parent_ends_what_was_seen_below_it(connect: Connect) -> None:
    site = connect(tree())
    site.scan()
    limited = branch().guest("gus").allows("gus", *READ)
    limited.page("Open").restricted_to("staff").page("Shut").restricted_to("staff")
    site.becomes(limited.page("P", under="Open").restricted_to("staff", "gus"))

    said = verify(site, at(site, "F8", "P"))

    assert said.after.resolution is Resolution.FIXED


def test_a_page_moved_below_a_limited_parent_is_fixed_without_a_scan(
    connect: Connect,
) -> None:
    site = connect(tree())
    site.scan()
    site.becomes(tree("Shut"))

    said = verify(site, at(site, "F8", "P"))

    assert said.after.resolution is Resolution.FIXED
    assert "F8" in site.said


def test_a_page_moved_to_another_space_is_left_to_a_scan(connect: Connect) -> None:
    site = connect(tree().space("ELSEWHERE").allows("gus", *READ))
    site.scan()
    moved = branch().guest("gus").allows("gus", *READ)
    moved.page("Open").page("Shut").restricted_to("staff")
    moved.space("ELSEWHERE").allows("gus", *READ).page("P").restricted_to("gus")
    site.becomes(moved)
    tracked = at(site, "F8", "P")

    said = verify(site, tracked)

    assert said.outcome is Outcome.UNSETTLED
    assert "moved to another space" in said.reason
    assert site.findings(Status.RESOLVED) == []


def trashed(place: SiteSnapshot, title: str) -> SiteSnapshot:
    """Return a site with a page in the trash."""
    spaces = tuple(
        replace(
            space,
            content=replace(
                space.content,
                statuses=tuple(
                    "trashed" if name == title else status
                    for name, status in zip(
                        space.content.titles, space.content.statuses, strict=True
                    )
                ),
            ),
        )
        for space in place.spaces
    )
    return replace(place, spaces=spaces)


def test_a_page_in_the_trash_ends_its_findings_as_deleted(connect: Connect) -> None:
    site = connect(tree())
    site.scan()
    site.becomes(trashed(tree().snapshot(), "P"))

    said = verify(site, at(site, "F8", "P"))

    assert said.outcome is Outcome.RESOLVED
    assert said.after.resolution is Resolution.RESOURCE_DELETED


def test_a_page_that_is_hidden_is_no_fix(connect: Connect) -> None:
    place = tree()
    site = connect(place)
    site.scan()
    site.becomes(place, hidden_ids=frozenset({place.id_of("P")}))
    tracked = at(site, "F8", "P")

    hidden = verify(site, tracked)
    site.becomes(place, hidden_ids=frozenset())
    shown = verify(site, tracked)

    assert hidden.outcome is Outcome.NOT_VISIBLE
    assert hidden.after.stale
    assert hidden.after.stale.reason == "not_visible"
    assert shown.outcome is Outcome.UPDATED
    assert shown.after.stale is None


def test_a_space_that_is_gone_ends_what_stands_on_it(connect: Connect) -> None:
    place = wiki().guest("gus").allows("gus", *ADD)
    site = connect(place)
    site.scan()
    whole = place.snapshot()
    [space] = whole.spaces
    gone = replace(space, space=replace(space.space, status="trashed"))
    site.becomes(replace(whole, spaces=(gone,)))

    said = verify(site, site.the("F4"))

    assert said.after.resolution is Resolution.RESOURCE_DELETED


def test_a_space_that_is_hidden_is_no_fix(connect: Connect) -> None:
    place = wiki().guest("gus").allows("gus", *ADD)
    site = connect(place)
    site.scan()
    site.becomes(place, hidden_spaces=frozenset({place.space_id_of("S")}))

    said = verify(site, site.the("F4"))

    assert said.outcome is Outcome.NOT_VISIBLE
    assert site.findings(Status.RESOLVED) == []


def test_pages_that_were_limited_one_by_one_are_left_to_a_scan(
    connect: Connect,
) -> None:
    site = connect(wiki().guest("gus").allows("gus", *READ))
    site.scan()
    limited = SiteBuilder().person("ann").group("staff", "ann").guest("gus")
    limited.space("S").allows("gus", *READ).homepage("H").restricted_to("staff")
    site.becomes(limited.page("P", under="H").restricted_to("staff"))

    said = verify(site, at(site, "F8"))

    assert said.outcome is Outcome.UNSETTLED
    assert "others may be" in said.reason
    assert site.findings(Status.RESOLVED) == []
