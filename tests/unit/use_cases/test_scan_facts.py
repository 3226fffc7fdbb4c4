"""Units share what they learn: asked once, and asked again if the asker failed."""

import asyncio
from collections.abc import Collection, Sequence
from datetime import timedelta

import pytest

from casb_sdk import (
    Account,
    AnonymousUse,
    Audience,
    Level,
)
from casb_sdk.testing import SiteBuilder
from connector.domain.errors import UnitInterruptedError
from connector.domain.member_pages import READ_ANEW, MemberPages, MembersPage
from connector.domain.reading import GroupReading
from connector.domain.scan import Reading, Unit
from connector.domain.store_ports import Begin
from connector.use_cases.lease import Lease
from connector.use_cases.readings import ReadingKind
from connector.use_cases.scan_facts import ScanFacts
from tests.fakes.reader import FakeReader
from tests.unit.use_cases.scanning import MONDAY

SITE = (
    SiteBuilder()
    .anonymous_reaches(AnonymousUse.INTERNET)
    .person("ann")
    .guest("gus")
    .group("staff", "ann")
    .group("team", "gus")
    .space("S")
    .allows(Audience.ANONYMOUS, Level.VIEW)
    .page("P")
)
GATE = 10


class Gated(FakeReader):
    """Answers when it is told to; may fail the first time."""

    def __init__(self, error: BaseException | None = None) -> None:
        super().__init__(SITE.snapshot())
        self.gate = asyncio.Event()
        self.first_error = error

    async def _call(self, *words: str) -> None:
        await super()._call(*words)
        error, self.first_error = self.first_error, None
        await self.gate.wait()
        if error:
            raise error


class Desk:
    """A scan with two leased units."""

    def __init__(self, begin: Begin) -> None:
        self.begin = begin
        with begin() as stores:
            self.scan, _ = stores.ledger.start("acme", (), MONDAY)
        self.one = self.lease("directory")
        with begin() as stores:
            unit = Unit(self.scan.id, "shard", self.one.unit.kind)
            stores.ledger.add_units(self.scan.id, [unit])
        self.two = self.lease("shard")

    def lease(self, unit_id: str) -> Lease:
        with self.begin() as stores:
            [unit] = stores.ledger.claim(
                self.scan.id, "me", MONDAY, timedelta(minutes=5), 1
            )
        assert unit.id == unit_id
        return Lease(self.begin, unit, "me", lambda: MONDAY)

    def take_away(self, lease: Lease) -> None:
        with self.begin() as stores:
            stores.ledger.release(lease.unit, "me")

    def kept(self, kind: ReadingKind) -> Collection[str]:
        with self.begin(write=False) as stores:
            return stores.ledger.reading_keys(self.scan.id, kind)

    def readings(self, kind: ReadingKind) -> Sequence[Reading]:
        with self.begin(write=False) as stores:
            return tuple(stores.ledger.readings(self.scan.id, kind))


@pytest.fixture
def desk(begin: Begin) -> Desk:
    return Desk(begin)


async def facts_of(reader: FakeReader) -> ScanFacts:
    facts = ScanFacts(reader, SITE.policy)
    facts.frame(await FakeReader(SITE.snapshot()).outline())
    return facts


async def settle() -> None:
    """Let everybody go on as far as they can."""
    for _ in range(GATE):
        await asyncio.sleep(0.005)


async def test_a_group_that_two_units_want_is_read_once(desk: Desk) -> None:
    reader = Gated()
    facts = await facts_of(reader)

    both = asyncio.gather(
        facts.read_groups({"group-staff", "group-team"}, desk.one),
        facts.read_groups({"group-staff", "group-team"}, desk.two),
    )
    await settle()
    reader.gate.set()
    await both

    assert sorted(reader.calls) == ["group group-staff", "group group-team"]
    assert desk.kept(ReadingKind.GROUP) == {"group-staff", "group-team"}


async def test_who_waited_for_a_reader_that_failed_asks_itself(desk: Desk) -> None:
    reader = Gated(ValueError("no"))
    facts = await facts_of(reader)

    first = asyncio.ensure_future(facts.read_groups({"group-staff"}, desk.one))
    second = asyncio.ensure_future(facts.read_groups({"group-staff"}, desk.two))
    await settle()
    reader.gate.set()
    with pytest.raises(ValueError, match="no"):
        await first
    await second

    assert list(facts.members_of({"group-staff"})) == ["ann"]


async def test_a_cancelled_asker_takes_nobody_along(desk: Desk) -> None:
    reader = Gated()
    facts = await facts_of(reader)

    first = asyncio.ensure_future(facts.read_groups({"group-staff"}, desk.one))
    second = asyncio.ensure_future(facts.read_groups({"group-staff"}, desk.two))
    await settle()
    first.cancel()
    reader.gate.set()
    await second

    assert first.cancelled()
    assert list(facts.members_of({"group-staff"})) == ["ann"]


async def test_an_asker_that_lost_its_unit_takes_nobody_along(desk: Desk) -> None:
    reader = Gated()
    facts = await facts_of(reader)
    desk.take_away(desk.one)

    first = asyncio.ensure_future(facts.read_groups({"group-staff"}, desk.one))
    second = asyncio.ensure_future(facts.read_groups({"group-staff"}, desk.two))
    await settle()
    reader.gate.set()
    with pytest.raises(UnitInterruptedError):
        await first
    await second

    assert desk.kept(ReadingKind.GROUP) == {"group-staff"}


async def test_an_account_that_two_units_want_is_looked_up_once(desk: Desk) -> None:
    reader = Gated()
    facts = await facts_of(reader)

    both = asyncio.gather(
        facts.look_up({"gus", "ann"}, desk.one), facts.look_up({"gus"}, desk.two)
    )
    await settle()
    reader.gate.set()
    await both

    assert reader.calls == ["accounts ann gus"]


async def test_nobody_goes_on_before_the_account_is_known(desk: Desk) -> None:
    reader = Gated()
    facts = await facts_of(reader)
    first = asyncio.ensure_future(facts.look_up({"gus"}, desk.one))
    second = asyncio.ensure_future(facts.look_up({"gus"}, desk.two))

    await settle()

    assert not second.done()
    reader.gate.set()
    await asyncio.gather(first, second)
    assert "gus" in facts.accounts


async def test_a_look_up_that_failed_is_made_again(desk: Desk) -> None:
    reader = Gated(ValueError("no"))
    reader.gate.set()
    facts = await facts_of(reader)
    with pytest.raises(ValueError, match="no"):
        await facts.look_up({"gus"}, desk.one)

    await facts.look_up({"gus"}, desk.two)

    assert "gus" in facts.accounts


async def test_who_waited_for_a_look_up_that_failed_makes_it(desk: Desk) -> None:
    reader = Gated(ValueError("no"))
    facts = await facts_of(reader)
    first = asyncio.ensure_future(facts.look_up({"gus"}, desk.one))
    second = asyncio.ensure_future(facts.look_up({"gus"}, desk.two))
    await settle()
    reader.gate.set()

    with pytest.raises(ValueError, match="no"):
        await first
    await second

    assert reader.calls == ["accounts gus", "accounts gus"]


async def test_who_is_internal_as_described_is_not_looked_up(desk: Desk) -> None:
    reader = Gated()
    reader.gate.set()
    facts = await facts_of(reader)
    await facts.read_groups({"group-staff", "group-team"}, desk.one)

    await facts.look_up({"ann", "gus"}, desk.one)

    assert "accounts gus" in reader.calls


async def test_anonymous_use_is_asked_about_once(desk: Desk) -> None:
    reader = Gated()
    facts = await facts_of(reader)

    both = asyncio.gather(
        facts.ask_anonymous("7", desk.one), facts.ask_anonymous("8", desk.two)
    )
    await settle()
    reader.gate.set()
    await both

    assert reader.calls == ["anonymous 7"]
    assert facts.anonymous.use is AnonymousUse.INTERNET


class Dying(FakeReader):
    """Dies behind the first page of a member list; counts what it is given again."""

    def __init__(self) -> None:
        super().__init__(SITE.snapshot())
        self.given: list[tuple[MembersPage, ...]] = []

    async def group_members(
        self, group_id: str, pages: MemberPages = READ_ANEW
    ) -> GroupReading:
        self.given.append(pages.kept)
        if not pages.kept:
            await pages.keep(PAGE)
            raise ValueError("killed")
        return await super().group_members(group_id, pages)


PAGE = MembersPage((Account("ann"),), start=200)


async def test_a_group_that_a_killed_run_began_to_read_is_gone_on_with(
    desk: Desk,
) -> None:
    reader = Dying()
    facts = await facts_of(reader)
    with pytest.raises(ValueError, match="killed"):
        await facts.read_groups({"group-staff"}, desk.one)

    again = await facts_of(reader)
    again.restore(desk.readings)
    await again.read_groups({"group-staff"}, desk.two)

    assert reader.given == [(), (PAGE,)]
    assert list(again.members_of({"group-staff"})) == ["ann"]
