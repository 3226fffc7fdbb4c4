"""What a stronger finding implied shows as long as that one is put aside."""

from dataclasses import replace
from datetime import datetime

import pytest

from casb_sdk import Level, Site
from casb_sdk.testing import SiteBuilder
from connector.domain.feed import FeedQuery
from connector.domain.finding_state import Status, TrackedFinding
from connector.domain.installation import Installation
from connector.domain.suppression import Scope
from connector.use_cases.detect_stored import DetectStored
from connector.use_cases.triage_findings import TriageFindings
from connector.use_cases.wishes import Wish
from tests.unit.use_cases.scanning import DAY, World, types

STRONG, WEAK = "external-content-edit", "external-content-view"
ACME = Installation("i", Site("acme", "https://acme.atlassian.net", "Acme"), "g")


def written_by_a_guest() -> SiteBuilder:
    site = SiteBuilder().guest("gus").space("S").allows("gus", Level.EDIT).page("P")
    return site.space("T").allows("gus", Level.EDIT).page("Q")


def triage(world: World) -> TriageFindings:
    now, ids = world.now, iter("abc")
    detect = DetectStored(world.recorder, world.runner, types(), lambda: now)
    return TriageFindings(world.recorder, lambda: now, lambda: next(ids), detect)


def pair(world: World) -> tuple[TrackedFinding, TrackedFinding]:
    """Return the stronger and the weaker finding on the content of S."""
    strong, weak = (world.of(each) for each in (STRONG, WEAK))
    space_id = min(tracked.space_id for tracked in strong)
    [one] = [tracked for tracked in strong if tracked.space_id == space_id]
    [other] = [tracked for tracked in weak if tracked.space_id == space_id]
    return one, other


def told(world: World) -> list[tuple[str, str]]:
    """Return what the feed says since the scan: of which detector what happened."""
    with world.begin(write=False) as stores:
        rows = stores.feed.page(FeedQuery()).rows
    changes = [row.change for row in rows if row.change]
    since = [c for c in changes if c.type != "created"]
    return [(c.finding.type.id, c.type.value) for c in since]


@pytest.fixture
async def scanned(world: World) -> World:
    await world.scan(written_by_a_guest())
    with world.begin() as stores:
        stores.installations.save(replace(ACME, settings=world.settings))
    strong, weak = pair(world)
    assert weak.implied_by == strong.id
    return world


def wish(finding: TrackedFinding, until: datetime | None = None) -> Wish:
    return Wish(Scope.FINDING, finding.id, "accepted", "alice", until=until)


async def test_a_preview_says_what_comes_to_light(scanned: World) -> None:
    strong, weak = pair(scanned)

    effect = triage(scanned).preview(wish(strong))

    assert [tracked.id for tracked in effect.hidden] == [strong.id]
    assert [tracked.id for tracked in effect.surfaced] == [weak.id]
    assert effect.narrowed == ()
    assert told(scanned) == []


async def test_putting_the_stronger_one_aside_hides_no_open_finding(
    scanned: World,
) -> None:
    strong, _ = pair(scanned)

    triage(scanned).suppress(wish(strong))

    strong, weak = pair(scanned)
    assert strong.status is Status.SUPPRESSED
    assert (weak.status, weak.implied_by) == (Status.OPEN, None)
    assert told(scanned) == [(WEAK, "updated"), (STRONG, "suppressed")]


async def test_a_scan_while_it_is_put_aside_changes_nothing(scanned: World) -> None:
    strong, _ = pair(scanned)
    triage(scanned).suppress(wish(strong))

    await scanned.scan(written_by_a_guest())

    assert scanned.told == []
    assert pair(scanned)[1].implied_by is None


async def test_bringing_the_stronger_one_back_marks_the_weaker_again(
    scanned: World,
) -> None:
    strong, _ = pair(scanned)
    triage(scanned).suppress(wish(strong))

    triage(scanned).unsuppress(strong.id)

    strong, weak = pair(scanned)
    assert strong.status is Status.OPEN
    assert weak.implied_by == strong.id
    assert told(scanned)[2:] == [(STRONG, "unsuppressed"), (WEAK, "updated")]


async def test_a_suppression_that_ends_by_itself_marks_the_weaker_again(
    scanned: World,
) -> None:
    strong, _ = pair(scanned)
    triage(scanned).suppress(wish(strong, until=scanned.now + DAY))
    scanned.now += 2 * DAY

    assert triage(scanned).expire() == 1

    strong, weak = pair(scanned)
    assert weak.implied_by == strong.id


async def test_bringing_back_what_implies_nothing_looks_at_nothing(
    scanned: World,
) -> None:
    _, weak = pair(scanned)
    looked: list[tuple[object, ...]] = []
    triage(scanned).suppress(wish(weak))
    use_case = replace(triage(scanned), redetect=lambda *args: looked.append(args))

    use_case.unsuppress(weak.id)

    assert looked == []
    assert pair(scanned)[1].implied_by == pair(scanned)[0].id


async def test_only_the_space_of_what_is_back_is_looked_at(scanned: World) -> None:
    strong, _ = pair(scanned)
    looked: list[tuple[object, ...]] = []
    triage(scanned).suppress(wish(strong))
    use_case = replace(triage(scanned), redetect=lambda *args: looked.append(args))

    use_case.unsuppress(strong.id)

    [(_, only)] = looked
    assert only == {strong.space_id}
