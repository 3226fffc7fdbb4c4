"""With the reference product's seven scopes a scan finds what those can show."""

from dataclasses import replace

import pytest

from casb_sdk import GapKind, SiteSnapshot, SpaceSnapshot
from casb_sdk.cloud import Fault, FaultKind
from casb_sdk.cloud.generator import generate_site
from casb_sdk.content import ContentTable
from casb_sdk.model import NodeState, RoleMode, SubjectType
from connector.domain.finding_state import Resolution, Status
from connector.domain.health import SWITCH
from connector.domain.reading import NOT_IN_PROFILE
from tests.e2e.scanning import Connect, Connected
from tests.e2e.test_scan_equals_the_model import (
    TROUBLES,
    expected,
    found,
    with_the_absent,
)

REFERENCE = "reference"
LISTED = frozenset({"page", "blogpost"})
ALWAYS_UNSEEN = {GapKind.ROLE, GapKind.CONTENT_TYPE}
LISTINGS = ("*/rest/api/space", "*/rest/api/content")


def site_of(seed: int, items: int = 150, spaces: int = 6) -> SiteSnapshot:
    """Return a site with archived spaces, and with grants to nobody any more."""
    site = generate_site(seed, items, spaces, users=120, groups=20)
    first, second, *rest = site.spaces
    old = replace(second, space=replace(second.space, status="archived"))
    return with_the_absent(replace(site, spaces=(first, old, *rest)))


def as_seven_scopes_show(place: SiteSnapshot) -> SiteSnapshot:
    """Return a site without the status of accounts and the types nobody lists."""
    directory = place.directory
    accounts = {
        id_: replace(account, account_status="")
        for id_, account in directory.accounts.items()
    }
    return SiteSnapshot(
        replace(directory, accounts=accounts), tuple(map(listed, place.spaces))
    )


def listed(space: SpaceSnapshot) -> SpaceSnapshot:
    """Return a space whose unlisted items are only known as ancestors."""
    content = space.content
    items = [content.item(row) for row in range(len(content))]
    above = {id_ for row in range(len(content)) for id_ in _above(content, row)}
    kept = (
        item if item.type in LISTED else replace(item, state=NodeState.ANCESTOR)
        for item in items
        if item.type in LISTED or item.id in above
    )
    return replace(space, content=ContentTable.of(kept))


def _above(content: ContentTable, row: int) -> list[str]:
    is_listed = content.types[row] in LISTED and content.statuses[row] in {
        "current",
        "archived",
    }
    return [content.ids[above] for above in content.chain(row)[1:] if is_listed]


def plain(place: SiteSnapshot) -> SiteSnapshot:
    """Return a site of pages and posts where everybody is active."""
    shown = as_seven_scopes_show(place)
    spaces = (replace(s, content=_rooted(s.content)) for s in place.spaces)
    return replace(shown, spaces=tuple(spaces))


def _rooted(content: ContentTable) -> ContentTable:
    """Return the items that hang below listed ones only."""
    rows = range(len(content))
    return ContentTable.of(
        content.item(row)
        for row in rows
        if all(content.types[above] in LISTED for above in content.chain(row))
    )


def without_people(space: SpaceSnapshot) -> SpaceSnapshot:
    """Return a space on which only groups hold grants."""
    kept = (g for g in space.grants if g.subject.type == SubjectType.GROUP)
    return replace(space, grants=tuple(kept))


def remove(site: Connected, *listings: str) -> None:
    """Let Atlassian remove old listings from the site."""
    site.cloud.faults.add(*(Fault(FaultKind.STATUS, p, status=410) for p in listings))


@pytest.mark.parametrize("seed", [11, 12, 13])
def test_a_scan_finds_what_the_seven_scopes_show(seed: int, connect: Connect) -> None:
    place = site_of(seed)
    site = connect(place, profile=REFERENCE, legacy_listings=True)

    report = site.scan()

    assert found(site) == expected(site, as_seven_scopes_show(place))
    assert len(found(site)) > len(place.spaces)
    assert {gap.kind for gap in report.coverage.gaps} == ALWAYS_UNSEEN
    assert {gap.reason for gap in report.coverage.gaps} == {NOT_IN_PROFILE}
    assert not {401, 403, 410} & site.cloud.ledger.refused.keys()


def test_on_a_plain_site_both_profiles_find_the_same(connect: Connect) -> None:
    place = plain(site_of(14))
    with_all = connect(place)
    with_all.scan()
    by_current = found(with_all)

    site = connect(place, profile=REFERENCE, legacy_listings=True)
    site.scan()

    assert found(site) == by_current
    assert {finding[1] for finding in by_current} >= {"space", "account"}


def test_trouble_that_passes_changes_no_finding(connect: Connect) -> None:
    place = site_of(15)
    site = connect(place, profile=REFERENCE, legacy_listings=True)
    site.cloud.faults.add(*TROUBLES.values())

    report = site.scan()

    assert {gap.kind for gap in report.coverage.gaps} == ALWAYS_UNSEEN
    assert found(site) == expected(site, as_seven_scopes_show(place))
    assert report.spending.retries > len(place.spaces)


def test_a_list_too_large_or_too_slow_is_read_in_smaller_pages(
    connect: Connect,
) -> None:
    place = site_of(15)
    site = connect(place, profile=REFERENCE, legacy_listings=True)
    slow = Fault(FaultKind.STATUS, LISTINGS[1], status=504, limit_above=60)
    site.cloud.faults.add(slow)

    report = site.scan()

    assert {gap.kind for gap in report.coverage.gaps} == ALWAYS_UNSEEN
    assert found(site) == expected(site, as_seven_scopes_show(place))


@pytest.mark.parametrize("missing", [LISTINGS, LISTINGS[:1], LISTINGS[1:]])
def test_where_the_listings_are_removed_nothing_counts_as_fixed(
    missing: tuple[str, ...], connect: Connect
) -> None:
    site = connect(site_of(16), profile=REFERENCE, legacy_listings=True)
    site.scan()
    before = {tracked.id for tracked in site.open}

    remove(site, *missing)
    report = site.scan()

    assert {tracked.id for tracked in site.open} == before
    assert site.findings(Status.RESOLVED) == []
    assert "410" in {gap.reason for gap in report.coverage.gaps}
    assert any("410" in note and SWITCH in note for note in report.notes)


def test_without_listings_and_seeds_only_people_are_found(connect: Connect) -> None:
    site = connect(site_of(17), profile=REFERENCE)

    report = site.scan()

    assert report.spaces == report.items == 0
    assert {tracked.type.id for tracked in site.open} <= {"external-access"}
    assert report.coverage.ids(GapKind.SPACES) == {"current", "archived"}


def test_seeds_are_read_and_what_is_beside_them_is_a_gap(connect: Connect) -> None:
    place = plain(site_of(18))
    space = max(place.spaces, key=lambda one: len(one.content))
    site = connect(place, profile=REFERENCE, search_expands_space_permissions=True)
    site.configure(root_content_ids=f"{space.content.ids[0]},404404")

    report = site.scan()

    assert report.spaces == 1
    assert 0 < report.items < len(space.content)
    assert report.coverage.ids(GapKind.CONTENT) == {space.space.id, "404404"}
    assert {t.finding.resource.space_key for t in site.open} >= {space.space.key}


def test_seeds_without_grants_find_nothing_and_say_so(connect: Connect) -> None:
    place = plain(site_of(18))
    space = max(place.spaces, key=lambda one: len(one.content))
    site = connect(place, profile=REFERENCE)
    site.configure(root_content_ids=space.content.ids[0])

    report = site.scan()

    assert report.items > 0
    assert report.coverage.ids(GapKind.GRANTS) == {space.space.id}
    assert {tracked.type.id for tracked in site.open} <= {"external-access"}


@pytest.mark.parametrize("mode", [RoleMode.TRANSITION, RoleMode.ROLES])
def test_what_roles_gave_does_not_count_as_fixed(
    mode: RoleMode, connect: Connect
) -> None:
    place = plain(with_the_absent(generate_site(19, 300, 8, 120, 20, role_mode=mode)))
    site = connect(place, legacy_listings=True)
    site.scan()
    before = {tracked.id for tracked in site.open}

    site.uses(REFERENCE)
    site.scan()

    assert site.findings(Status.RESOLVED) == []
    assert {tracked.id for tracked in site.open} >= before


def test_a_grant_that_was_taken_away_is_fixed_but_who_got_in_by_it_may_be_in_still(
    connect: Connect,
) -> None:
    place = plain(site_of(20))
    site = connect(place, profile=REFERENCE, legacy_listings=True)
    site.scan()

    site.becomes(replace(place, spaces=tuple(map(without_people, place.spaces))))
    site.scan()

    resolved = site.findings(Status.RESOLVED)
    assert {tracked.resolution for tracked in resolved} == {Resolution.FIXED}
    assert {"app-space-edit"} <= {tracked.type.id for tracked in resolved}
    assert "external-access" not in {tracked.type.id for tracked in resolved}
    assert "role_unreadable" in site.stale_reasons("external-access").values()
