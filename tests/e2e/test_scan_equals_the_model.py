"""A scan over HTTP finds exactly what the detectors find on the site in memory."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

import pytest

from casb_sdk import Context, Finding, GapKind, SiteSnapshot, SpaceSnapshot
from casb_sdk.cloud import Fault, FaultKind
from casb_sdk.cloud.generator import generate_site
from casb_sdk.content import ContentTable
from casb_sdk.model import RoleMode, SubjectType
from casb_sdk.people import absent_account
from casb_sdk.testing.variants import HOSTILE_NAMES, renamed
from connector.domain.finding_state import Status
from tests.contract.conftest import PostgreSQL, postgresql
from tests.e2e.scanning import Connect, Connected

__all__ = ["postgresql"]

ARCHIVED_EVERY = 4
LISTED_IN_ARCHIVED = frozenset({"page", "blogpost"})
CALLS = "/wiki/*"
TRIES = 7
TROUBLES = {
    "503": Fault(FaultKind.STATUS, CALLS, status=503, probability=0.06),
    "a cut connection": Fault(FaultKind.CUT, CALLS, probability=0.05),
    "an html body": Fault(FaultKind.HTML, CALLS, status=200, probability=0.04),
    "429 for a second": Fault(FaultKind.RATE_LIMIT, CALLS, seconds=1, probability=0.05),
    "429 for no time": Fault(FaultKind.RATE_LIMIT, CALLS, seconds=0, probability=0.05),
}

Said = tuple[object, ...]


def site_of(seed: int, mode: RoleMode, items: int, spaces: int) -> SiteSnapshot:
    """Return a site with archived spaces, and with grants to nobody any more."""
    site = generate_site(seed, items, spaces, users=120, groups=20, role_mode=mode)
    kept = tuple(
        archived(space)
        if number % ARCHIVED_EVERY == 1 or space.space.status == "archived"
        else space
        for number, space in enumerate(site.spaces)
    )
    return with_the_absent(replace(site, spaces=kept))


def archived(space: SpaceSnapshot) -> SpaceSnapshot:
    """Return a space archived, with the content that can still be listed then."""
    table = space.content
    rows = (
        row
        for row in range(len(table))
        if all(table.types[above] in LISTED_IN_ARCHIVED for above in table.chain(row))
    )
    content = ContentTable.of(table.item(row) for row in rows)
    old = replace(space.space, status="archived")
    return replace(space, space=old, content=content)


def with_the_absent(site: SiteSnapshot) -> SiteSnapshot:
    """Say of ids that nobody has any more what a look-up says of them."""
    accounts = dict(site.directory.accounts)
    for id_ in named(site.spaces):
        accounts.setdefault(id_, absent_account(id_))
    return replace(site, directory=replace(site.directory, accounts=accounts))


def named(spaces: Iterable[SpaceSnapshot]) -> Iterator[str]:
    for space in spaces:
        subjects = [grant.subject for grant in space.grants]
        subjects += [assignment.subject for assignment in space.assignments]
        yield from (s.id for s in subjects if s.type == SubjectType.USER)
        for lists in space.content.lists.values():
            yield from (*lists.read.users, *lists.update.users)


def expected(site: Connected, place: SiteSnapshot) -> set[Said]:
    """Return what the detectors say of a site in memory."""
    application = site.application
    policy = site.installation.settings.audience_policy(
        dict(application.shipped_apps())
    )
    context = Context(place.directory.site, application.now())
    return {
        said(finding)
        for installed in application.registry().detectors.values()
        for finding in installed.detector.detect(place, policy, context)
    }


def found(site: Connected) -> set[Said]:
    """Return what the open findings say."""
    return {said(tracked.finding) for tracked in site.open}


def said(finding: Finding) -> Said:
    """Return what a finding says: where, who, how far, how sure and why."""
    affected = finding.affected
    return (
        finding.detector_id,
        finding.resource.type.lower(),
        finding.resource.id,
        finding.level,
        finding.cause,
        finding.confidence,
        finding.anonymous_use,
        affected and (affected.count, affected.sample),
        frozenset(
            (each.principal.id, each.level, each.affected and each.affected.count)
            for each in finding.principals
        ),
    )


@pytest.mark.parametrize(
    ("seed", "mode", "items", "spaces"),
    [
        (1, RoleMode.PRE_ROLES, 1_000, 12),
        (2, RoleMode.TRANSITION, 300, 20),
        (3, RoleMode.ROLES, 400, 8),
    ],
)
def test_a_scan_finds_what_the_model_finds(
    seed: int, mode: RoleMode, items: int, spaces: int, connect: Connect
) -> None:
    place = site_of(seed, mode, items, spaces)
    site = connect(place)

    report = site.scan()

    assert report.coverage.is_complete
    assert report.spaces == spaces
    assert found(site) == expected(site, place)
    assert len(found(site)) > spaces


def test_a_scan_finds_the_same_on_postgresql_whatever_things_are_called(
    connect: Connect, request: pytest.FixtureRequest
) -> None:
    server: PostgreSQL = request.getfixturevalue("postgresql")
    place = renamed(site_of(4, RoleMode.PRE_ROLES, 300, 8), HOSTILE_NAMES[0])
    site = connect(place, database=server.swept())

    first = site.scan()
    second = site.scan()

    assert found(site) == expected(site, place)
    assert first.changes == {"created": len(site.open)}
    assert second.changes == {"refreshed": len(site.open)}


def test_trouble_that_passes_changes_no_finding(connect: Connect) -> None:
    place = site_of(5, RoleMode.ROLES, 300, 12)
    site = connect(place)
    site.cloud.faults.add(*TROUBLES.values())

    report = site.scan()

    assert report.coverage.is_complete
    assert found(site) == expected(site, place)
    assert report.spending.retries > len(place.spaces)
    assert {429, 503} <= site.cloud.ledger.refused.keys()


@pytest.mark.parametrize("fault", TROUBLES.values(), ids=TROUBLES)
def test_as_much_of_one_trouble_as_a_call_can_bear_changes_no_finding(
    fault: Fault, connect: Connect
) -> None:
    place = site_of(6, RoleMode.PRE_ROLES, 100, 5)
    site = connect(place)
    site.cloud.faults.add(replace(fault, probability=1.0, after=4, count=TRIES - 1))

    report = site.scan()

    assert found(site) == expected(site, place)
    assert report.spending.retries == TRIES - 1


@pytest.mark.parametrize("mode", [RoleMode.PRE_ROLES, RoleMode.ROLES])
def test_a_space_whose_grants_stay_unread_is_a_gap_until_they_can_be_read(
    mode: RoleMode, connect: Connect
) -> None:
    place = site_of(7, mode, 300, 6)
    lost = place.spaces[2]
    rest = tuple(space for space in place.spaces if space is not lost)
    site = connect(place)
    site.cloud.faults.add(Fault(FaultKind.STATUS, f"*/spaces/{lost.space.id}/*"))

    half = site.scan()
    known = found(site)
    site.cloud.faults.clear()
    whole = site.scan()

    assert half.coverage.ids(GapKind.GRANTS) == {lost.space.id}
    assert known == expected(site, replace(place, spaces=rest))
    assert whole.coverage.is_complete
    assert found(site) == expected(site, place) != known
    assert site.findings(Status.RESOLVED) == []
