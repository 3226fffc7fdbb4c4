"""Verifying one finding over HTTP: what it reads, what it says, what it changes."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from itertools import product

import pytest

from casb_sdk import Audience
from casb_sdk.cloud import Fault, FaultKind
from casb_sdk.testing import SiteBuilder
from connector.domain.errors import AtlassianUnavailableError, ConflictError
from connector.domain.finding_state import (
    Resolution,
    Status,
)
from connector.domain.scan import ScanStatus
from connector.domain.verification import Outcome
from sdk.tests.cases.reading import branch, wiki
from tests.contract.conftest import PostgreSQL, postgresql
from tests.e2e.scanning import Connect
from tests.e2e.verifying import ADD, READ, at, tree, verifier, verify
from tests.unit.use_cases.sites import leaky, mended

__all__ = ["postgresql"]


def test_a_finding_that_is_still_there_is_seen_now_and_told_nobody(
    connect: Connect,
) -> None:
    site = connect(leaky())
    site.scan()

    for tracked in site.open:
        said = verify(site, tracked)

        assert said.outcome is Outcome.CONFIRMED
        assert said.after.last_seen_at > tracked.last_seen_at
        assert said.after.version == tracked.version
        assert said.after.finding == tracked.finding
        assert not said.besides


def test_what_was_mended_is_resolved_at_once_and_back_when_it_is_back(
    connect: Connect,
) -> None:
    site = connect(leaky())
    site.scan()
    found = {t.id: t for t in site.open if t.finding.resource.type != "account"}
    site.becomes(mended())

    mending = [verify(site, tracked) for tracked in found.values()]
    resolved = site.findings(Status.RESOLVED)
    site.becomes(leaky())
    breaking = [verify(site, tracked) for tracked in found.values()]

    assert {t.id for t in resolved} == found.keys()
    assert {t.resolution for t in resolved} == {Resolution.FIXED}
    assert {said.outcome for said in mending} == {
        Outcome.RESOLVED,
        Outcome.STILL_RESOLVED,
    }
    assert {said.outcome for said in breaking} == {Outcome.REOPENED, Outcome.CONFIRMED}
    assert found.keys() <= {t.id for t in site.open}


def test_the_same_holds_on_postgresql(
    connect: Connect, request: pytest.FixtureRequest
) -> None:
    server: PostgreSQL = request.getfixturevalue("postgresql")
    site = connect(leaky(), database=server.swept())
    site.scan()
    tracked = site.the("F6")

    confirmed = verify(site, tracked)
    site.becomes(mended())
    resolved = verify(site, tracked)
    site.becomes(leaky())
    reopened = verify(site, tracked)

    assert [said.outcome for said in (confirmed, resolved, reopened)] == [
        Outcome.CONFIRMED,
        Outcome.RESOLVED,
        Outcome.REOPENED,
    ]
    assert reopened.after.reopened_count == 1


def test_who_left_the_group_leaves_the_finding(connect: Connect) -> None:
    def team(*members: str) -> SiteBuilder:
        site = wiki().guest("gus").guest("gil").group("team", *members)
        return site.allows("team", *READ)

    site = connect(team("gus", "gil"))
    site.scan()
    tracked = at(site, "F8")

    site.becomes(team("gil"))
    updated = verify(site, tracked)
    site.becomes(team())
    resolved = verify(site, tracked)

    assert updated.outcome is Outcome.UPDATED
    assert updated.changed == ("principals",)
    assert [p.principal.id for p in updated.after.finding.principals] == ["gil"]
    assert resolved.after.resolution is Resolution.FIXED


def test_whoever_joined_by_another_grant_is_found_before_anything_is_resolved(
    connect: Connect,
) -> None:
    site = connect(wiki().guest("gus").allows("gus", *READ))
    site.scan()
    moved = wiki().guest("gus").group("team", "gus").allows("team", *READ)
    site.becomes(moved)

    said = verify(site, at(site, "F8"))

    assert (said.outcome, said.changed) == (Outcome.UPDATED, ("confidence",))
    [exposed] = said.after.finding.principals
    assert [path.group_id for path in exposed.paths] == ["group-team"]


@pytest.mark.parametrize("number", ["F2", "F4", "F6", "F10"])
def test_a_grant_taken_off_the_space_ends_the_finding_on_it(
    number: str, connect: Connect
) -> None:
    holders = {"F2": Audience.ANONYMOUS, "F10": Audience.ANONYMOUS}
    holder = holders.get(number, {"F4": "gus", "F6": "bot"}.get(number, ""))
    place = wiki().guest("gus").app("bot").allows("staff", *ADD)
    bare = wiki().guest("gus").app("bot").allows("staff", *ADD)
    site = connect(place.allows(holder, *ADD))
    site.scan()
    tracked = site.the(number)
    site.becomes(bare)

    said = verify(site, tracked)

    assert said.outcome is Outcome.RESOLVED
    assert said.after.resolution is Resolution.FIXED


TROUBLES: dict[str, Callable[[str], Fault]] = {
    "403": lambda path: Fault(FaultKind.STATUS, path, status=403),
    "404": lambda path: Fault(FaultKind.STATUS, path, status=404),
    "500": lambda path: Fault(FaultKind.STATUS, path, status=500),
}
CALLS = {
    "the grants": "*/permissions",
    "the place of the page": "*/content/search",
    "the limits": "*/restriction",
    "the members": "*/membersByGroupId",
    "the accounts": "*/user*",
}
AN_ANSWER = {("the limits", "404"), ("the accounts", "404")}
"""What is not found there is not there."""
FAILING = sorted(set(product(CALLS, TROUBLES)) - AN_ANSWER)


@pytest.mark.parametrize(("call", "status"), FAILING)
def test_a_call_that_fails_is_named_and_changes_nothing(
    call: str, status: str, connect: Connect
) -> None:
    place = tree().group("team", "gus").space("S").allows("team", *ADD)
    site = connect(place)
    site.scan()
    tracked = at(site, "F8", "P")
    before = site.findings()
    # Whatever still answers speaks of a site on which all is mended.
    site.becomes(branch().guest("gus").page("Open").page("Shut").page("P"))
    site.cloud.faults.add(TROUBLES[status](CALLS[call]))

    said = verify(site, tracked)

    assert said.outcome is Outcome.UNREAD
    assert said.failures
    assert all(status in failure or "_" in failure for failure in said.failures)
    assert site.findings() == before


def test_a_site_that_does_not_answer_changes_nothing(connect: Connect) -> None:
    site = connect(leaky())
    site.scan()
    before = site.findings()
    site.becomes(mended())
    site.cloud.faults.add(Fault(FaultKind.STATUS, "/wiki/*", status=503))

    for tracked in before:
        with suppress(AtlassianUnavailableError):
            assert verify(site, tracked).outcome is Outcome.UNREAD

    assert site.findings() == before


def test_nothing_is_verified_beside_a_scan(connect: Connect) -> None:
    site = connect(leaky())
    site.scan()
    tracked = site.the("F6")
    with site.application.begin() as stores:
        stores.ledger.start(site.id, (), site.application.now())

    with pytest.raises(ConflictError, match="under way and will tell"):
        verify(site, tracked)


def test_a_scan_that_begins_meanwhile_counts_and_not_the_verification(
    connect: Connect,
) -> None:
    site = connect(leaky())
    site.scan()
    tracked = site.the("F6")
    site.becomes(mended())
    verifying = verifier(site)

    def open_reader_and_let_a_scan_begin(installation: object) -> object:
        with site.application.begin() as stores:
            stores.ledger.start(site.id, (), site.application.now())
        return verifier(site).open_reader(installation)  # type: ignore[arg-type]

    late = replace(verifying, open_reader=open_reader_and_let_a_scan_begin)  # type: ignore[arg-type]
    with pytest.raises(ConflictError, match="under way and will tell"):
        asyncio.run(late(tracked.id))
    site.scan()

    with site.application.begin(write=False) as stores:
        assert stores.ledger.latest(site.id, ScanStatus.RUNNING) is None
        after = stores.findings.get(tracked.id)
    assert after is not None
    assert (after.status, after.version) == (Status.RESOLVED, tracked.version + 1)
