"""Verifying a finding in memory: what is read, what is kept, what is left alone."""

from collections.abc import Awaitable, Callable

import pytest

from casb_sdk import AnonymousUse, Level, Space
from casb_sdk.testing import SiteBuilder
from connector.domain.errors import (
    AtlassianUnavailableError,
    ConflictError,
    UsageError,
)
from connector.domain.finding_state import ChangeType, Resolution, Status
from connector.domain.reading import Fate, SpaceGrants, Verdict
from connector.domain.verification import Outcome
from tests.fakes.reader import FakeReader, Trouble
from tests.unit.use_cases.scanning import World
from tests.unit.use_cases.sites import leaky, mended, people
from tests.unit.use_cases.verifying import connect, verify, verify_with

BOT_WRITES = "app-space-edit"


class Lagging(FakeReader):
    """Hides items from search alone, as a search index does that lags behind."""

    def _fate(self, content_id: str) -> Fate:
        unasked = content_id in self.trouble.unasked
        return Fate.UNASKED if unasked else Fate.PRESENT


class Slow(FakeReader):
    """Lets something else happen while the grants are read."""

    meanwhile: Callable[[], Awaitable[object]] | None = None

    async def grants(self, space: Space, role_mode: str) -> SpaceGrants:
        if self.meanwhile:
            await self.meanwhile()
            self.meanwhile = None
        return await super().grants(space, role_mode)


async def scanned(world: World, site: SiteBuilder) -> None:
    connect(world, site)
    await world.scan(site)


async def test_only_what_the_evidence_names_is_read(world: World) -> None:
    await scanned(world, leaky())
    [tracked] = world.of(BOT_WRITES)

    said = await verify(world, tracked, leaky())

    assert said.outcome is Outcome.CONFIRMED
    assert world.reader.calls == ["grants 2", "space_fates 2", "accounts bot"]
    assert world.reader.is_closed


async def test_what_is_resolved_already_is_not_told_again(world: World) -> None:
    await scanned(world, leaky())
    [tracked] = world.of(BOT_WRITES)

    await verify(world, tracked, mended())
    first = world.told
    await verify(world, tracked, mended())

    assert set(first) == {ChangeType.RESOLVED}
    assert world.told == []


async def test_a_finding_that_holds_leaves_the_others_as_they_are(
    world: World,
) -> None:
    await scanned(world, leaky())
    [tracked] = world.of(BOT_WRITES)
    before = {t.id: t for t in world.findings if t.id != tracked.id}

    await verify(world, tracked, leaky())

    assert {t.id: t for t in world.findings if t.id != tracked.id} == before


async def test_every_group_of_the_space_is_read_before_anything_is_resolved(
    world: World,
) -> None:
    def shared(*members: str) -> SiteBuilder:
        site = people().group("others", *members).space("S").page("P")
        return site.allows("gus", Level.VIEW).allows("others", Level.VIEW)

    await scanned(world, shared())
    [tracked] = world.of("external-content-view")
    moved = people().group("others", "gus").space("S").page("P")
    moved.allows("others", Level.VIEW)

    said = await verify(world, tracked, moved)

    assert "group group-others" in world.reader.calls
    assert said.after.status is Status.OPEN


async def test_network_trouble_is_raised_and_changes_nothing(world: World) -> None:
    await scanned(world, leaky())
    [tracked] = world.of(BOT_WRITES)
    before = world.findings

    for call in range(1, 5):
        with pytest.raises(AtlassianUnavailableError):
            await verify(world, tracked, mended(), Trouble(from_call=call))
        assert world.reader.is_closed

    assert world.findings == before


@pytest.mark.parametrize("fate", [Fate.UNASKED, Fate.PRESENT])
async def test_an_item_that_no_search_shows_is_neither_there_nor_gone(
    world: World, fate: Fate
) -> None:
    await scanned(world, leaky())
    shared = leaky().id_of("Shared")
    [tracked] = (
        t for t in world.of("external-content-view") if t.finding.resource.id == shared
    )
    hidden, unasked = ({shared}, {shared} if fate is Fate.UNASKED else set())
    reader = Lagging(leaky().snapshot(), Trouble(hidden=hidden, unasked=unasked))

    said = await verify_with(world, tracked, reader)

    assert said.outcome is Outcome.UNREAD
    assert said.failures == (f"content {shared} (not_listed)",)


async def test_an_account_that_lost_the_product_is_fixed_and_one_that_left_is_not(
    world: World,
) -> None:
    def outside(*, licensed: bool) -> SiteBuilder:
        site = SiteBuilder().person("ann").guest("gus")
        return site.outsider("olga", licensed=licensed).space("S")

    before = outside(licensed=True).allows("olga", Level.VIEW)
    await scanned(world, before.allows("gus", Level.VIEW))
    by_id = {t.finding.resource.id: t for t in world.of("external-access")}
    shut = outside(licensed=False).allows("olga", Level.VIEW)

    lost = await verify(world, by_id["olga"], shut)
    gone = await verify(world, by_id["gus"], shut)

    assert lost.after.resolution is Resolution.FIXED
    assert gone.outcome is Outcome.UNSETTLED
    assert "others" in gone.reason


async def test_an_answer_confluence_does_not_give_is_kept_from_the_last_scan(
    world: World,
) -> None:
    await scanned(world, leaky())
    tracked = next(
        t
        for t in world.of("unknown-access")
        if t.finding.anonymous_use is AnonymousUse.INTERNET
    )
    silent = leaky().anonymous_reaches(AnonymousUse.UNVERIFIED)
    shut = leaky().anonymous_reaches(AnonymousUse.AUTHENTICATED_ANY)

    unanswered = await verify(world, tracked, silent)
    answered = await verify(world, tracked, shut)

    assert unanswered.outcome is Outcome.CONFIRMED
    assert answered.changed == ("exposure",)


async def test_confluence_is_asked_where_it_is_to_be_and_its_answer_is_kept(
    world: World,
) -> None:
    world.set(verify=True)
    await scanned(world, leaky())
    [tracked] = world.of("app-content-edit")
    denied = Trouble(verdicts={"bot": Verdict.DENIED})

    refused = await verify(world, tracked, leaky(), denied)
    again = await verify(world, tracked, leaky(), denied)
    allowed = await verify(world, tracked, leaky())

    assert refused.after.status is Status.RESOLVED
    assert again.outcome is Outcome.STILL_RESOLVED
    assert allowed.outcome is Outcome.REOPENED


async def test_two_at_once_keep_what_both_have_read(world: World) -> None:
    await scanned(world, leaky())
    [gus_shared, *_] = world.of("external-content-view")
    [bot] = world.of(BOT_WRITES)
    slow = Slow(mended().snapshot())
    slow.meanwhile = lambda: verify(world, bot, mended())

    await verify_with(world, gus_shared, slow)

    with world.begin(write=False) as stores:
        kept = [stores.snapshots.space("acme", id_) for id_ in ("1", "2")]
    truth = mended().snapshot().spaces
    assert [each and each.grants for each in kept] == [s.grants for s in truth[:2]]


async def test_what_cannot_be_verified_is_refused_with_a_remedy(world: World) -> None:
    await scanned(world, leaky())
    [tracked] = world.of(BOT_WRITES)
    world.set(spaces_exclude=frozenset({"APPS"}))
    connect(world, leaky())

    with pytest.raises(UsageError, match="leave the space APPS out"):
        await verify(world, tracked, leaky())
    with world.begin() as stores:
        stores.ledger.start("acme", (), world.now)
    with pytest.raises(ConflictError, match="under way and will tell"):
        await verify(world, tracked, leaky())
