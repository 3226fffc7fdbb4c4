"""A scan with units that end as a test wants, and who hands them out."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import cast

from connector.domain.scan import Unit, UnitKind
from connector.domain.store_ports import Begin, Stores
from connector.use_cases.lease import Lease
from connector.work.local import LocalEngine

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
SHORT = timedelta(seconds=0.03)
PATIENCE = 30.0
Fails = dict[str, list[BaseException]]


class Office:
    """A scan with a directory, some shards and a site unit, and who does them."""

    def __init__(self, begin: Begin) -> None:
        self.begin = begin
        self.now = NOON
        self.done: list[str] = []
        self.claims: Counter[str] = Counter()
        self.fails: Fails = {}
        self.waits: dict[str, asyncio.Event] = {}
        self.at_once_now = 0
        self.at_once_most = 0
        self.waiting = 0
        with begin() as stores:
            self.scan, _ = stores.ledger.start("acme", (), NOON)
            shards = [
                Unit(self.scan.id, f"shard-{number}", UnitKind.SHARD)
                for number in range(3)
            ]
            site = Unit(self.scan.id, "site", UnitKind.SITE)
            stores.ledger.add_units(self.scan.id, [*shards, site])

    async def run(self, *, at_once: int = 24, lease: timedelta | None = None) -> None:
        engine = LocalEngine(
            self.begin,
            lambda: self.now,
            lease or timedelta(minutes=5),
            lambda: at_once,
            idle=0.01,
            rests=(timedelta(0),) * 2,
        )
        await engine.run(self.scan.id, self.do_unit)

    async def do_unit(self, unit: Unit, owner: str) -> None:
        self.claims[unit.id] += 1
        self.at_once_now += 1
        self.at_once_most = max(self.at_once_most, self.at_once_now)
        try:
            await self._work(Lease(self.begin, unit, owner, lambda: self.now))
        finally:
            self.at_once_now -= 1

    async def _work(self, lease: Lease) -> None:
        unit = lease.unit
        await lease.stage(cursor=f"{unit.cursor}+")
        if errors := self.fails.get(unit.id):
            raise errors.pop(0)
        if waits := self.waits.get(unit.id):
            self.waiting += 1
            await waits.wait()
        await asyncio.to_thread(self._finish, lease)
        self.done.append(unit.id)

    def _finish(self, lease: Lease) -> None:
        with self.begin() as stores:
            stores.ledger.finish_unit(lease.unit, lease.owner)
            if lease.unit.kind is UnitKind.SITE:
                stores.ledger.cancel(lease.unit.scan_id, self.now)

    @property
    def units(self) -> dict[str, Unit]:
        with self.begin(write=False) as stores:
            return {unit.id: unit for unit in stores.ledger.units(self.scan.id)}

    def claim_all(self, owner: str = "somebody else") -> list[Unit]:
        with self.begin() as stores:
            return list(
                stores.ledger.claim(
                    self.scan.id, owner, self.now, timedelta(minutes=5), 9
                )
            )

    def free(self) -> list[Unit]:
        with self.begin() as stores:
            return list(stores.ledger.free_units(self.scan.id, self.now))


async def until(is_so: Callable[[], bool]) -> None:
    """Wait for something that other tasks bring about, however slow they are."""
    async with asyncio.timeout(PATIENCE):
        while not is_so():  # noqa: ASYNC110 - nobody sets an event
            await asyncio.sleep(0.002)


class Pulse:
    """A database that counts how often the lease of a unit was extended."""

    def __init__(self, begin: Begin) -> None:
        self._begin = begin
        self.beats: Counter[str] = Counter()

    @contextmanager
    def __call__(self, *, write: bool = True) -> Iterator[Stores]:
        with self._begin(write=write) as stores:
            yield cast("Stores", _Felt(stores, self.beats))

    async def beat(self, unit_id: str) -> None:
        """Wait for a beat that sees the clock as it is; one may be under way."""
        seen = self.beats[unit_id]
        await until(lambda: self.beats[unit_id] >= seen + 2)


class _Felt:
    """Stores whose ledger counts; everything else is the real thing."""

    def __init__(self, stores: Stores, beats: Counter[str]) -> None:
        self.ledger = self
        self._ledger = stores.ledger
        self._beats = beats

    def __getattr__(self, name: str) -> object:
        return getattr(self._ledger, name)

    def extend(self, unit: Unit, owner: str, until: datetime) -> None:
        self._ledger.extend(unit, owner, until)
        self._beats[unit.id] += 1


class Moody:
    """A database that can be written to or, for a while, cannot."""

    def __init__(self, begin: Begin) -> None:
        self._begin = begin
        self.error: Exception | None = None
        self.next_error: Exception | None = None

    @contextmanager
    def __call__(self, *, write: bool = True) -> Iterator[Stores]:
        if write and (error := self.error or self.next_error):
            self.next_error = None
            raise error
        with self._begin(write=write) as stores:
            yield stores
