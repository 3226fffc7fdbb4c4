"""After days of changes, incremental scans over HTTP know what a full scan knows."""

import random

import pytest

from casb_sdk.cloud.site_mutations import ALL_MUTATIONS, Mutation, mutate_site
from casb_sdk.model import RoleMode
from connector.domain.finding_state import Status
from connector.domain.scan import ScanKind
from tests.e2e.scanning import Connect, Connected
from tests.e2e.test_scan_equals_the_model import site_of

DAYS = 3
UNSEEN_BY_ANY_POLL = {Mutation.SWAPPED, Mutation.MOVED_AWAY}
TRACED = ALL_MUTATIONS - UNSEEN_BY_ANY_POLL - {Mutation.RESTRICTED}
AUDITED = TRACED | {Mutation.RESTRICTED}
WITH_THE_AUDIT_LOG = {"CASB_OPTIONAL_SCOPES": "read:audit-log:confluence"}


def live(site: Connected, seed: int, kinds: frozenset[Mutation]) -> None:
    """Let days pass on a site, with an incremental scan after each.

    On one day people only join groups or only leave them: both at once is a swap.
    """
    rng = random.Random(seed)  # noqa: S311 - no secret
    place = site.site.snapshot
    for number in range(DAYS):
        drawn = kinds - {(Mutation.JOINED, Mutation.LEFT)[number % 2]}
        day = mutate_site(place, rng, drawn, now=site.cloud.clock.now())
        place = day.snapshot
        site.becomes(place, audit=(*site.site.audit, *day.audit))
        report = site.scan(ScanKind.INCREMENTAL)
        assert report.renewal is not None
        assert not report.renewal.reason
        assert report.renewal.kept > 0


def what(site: Connected) -> set[tuple[object, ...]]:
    """Return how findings stand, without what time adds to it."""
    findings = site.findings(Status.OPEN, Status.RESOLVED)
    return {(each.id, each.status, each.evidence_digest) for each in findings}


@pytest.mark.parametrize(
    ("seed", "mode"),
    [(1, RoleMode.PRE_ROLES), (2, RoleMode.TRANSITION), (3, RoleMode.ROLES)],
)
def test_a_full_scan_after_incremental_ones_finds_nothing_new(
    seed: int, mode: RoleMode, connect: Connect
) -> None:
    site = connect(site_of(seed, mode, 300, 8))
    site.scan()

    live(site, seed, TRACED)

    known = what(site)
    assert site.scan().changes.keys() == {"refreshed"}
    assert what(site) == known


@pytest.mark.parametrize(
    ("seed", "mode"), [(4, RoleMode.PRE_ROLES), (5, RoleMode.ROLES)]
)
def test_with_the_audit_log_restrictions_are_seen_too(
    seed: int, mode: RoleMode, connect: Connect
) -> None:
    site = connect(site_of(seed, mode, 300, 8), environment=WITH_THE_AUDIT_LOG)
    site.scan()

    live(site, seed, AUDITED)

    known = what(site)
    assert site.scan().changes.keys() == {"refreshed"}
    assert what(site) == known
