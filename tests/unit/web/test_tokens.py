"""The bearer in front of a refresh that blocks."""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from connector.atlassian.tokens import Bearer
from connector.domain.errors import ConsentError
from connector.domain.installation import TokenPair
from connector.domain.store_ports import Begin
from connector.use_cases.refresh_grant import RefreshGrant
from tests.fakes.exchange import FakeClock, FakeExchange
from tests.fakes.grants import grant_of

HOUR = timedelta(hours=1)


@dataclass
class FakeRefresh:
    """Says which pair is stored, and writes down who asked for what."""

    clock: FakeClock
    token: str = "stored"
    life: timedelta = HOUR
    asked: list[str] = field(default_factory=list)
    trouble: Exception | None = None

    def __call__(self, grant_id: str, rejected: str = "") -> TokenPair:
        """Return the pair; a rejected one is replaced first."""
        self.asked.append(rejected)
        if self.trouble:
            raise self.trouble
        if rejected == self.token:
            self.token += "+"
        return TokenPair(self.token, "refresh", self.clock.now() + self.life)


@pytest.fixture
def refresh() -> FakeRefresh:
    return FakeRefresh(FakeClock())


@pytest.fixture
def bearer(refresh: FakeRefresh) -> Bearer:
    return Bearer(refresh, "grant", refresh.clock.now)


async def test_many_calls_ask_the_database_once(
    bearer: Bearer, refresh: FakeRefresh
) -> None:
    tokens = await asyncio.gather(*(bearer() for _ in range(24)))

    assert set(tokens) == {"stored"}
    assert refresh.asked == [""]


async def test_what_the_database_says_is_asked_again_soon(
    bearer: Bearer, refresh: FakeRefresh
) -> None:
    await bearer()
    refresh.token = "renewed by somebody"
    refresh.clock.skip(timedelta(seconds=59))
    before = await bearer()
    refresh.clock.skip(timedelta(seconds=1))

    assert [before, await bearer()] == ["stored", "renewed by somebody"]


async def test_tokens_that_were_erased_are_out_of_use_soon(
    bearer: Bearer, refresh: FakeRefresh
) -> None:
    await bearer()
    refresh.trouble = ConsentError("There are no tokens.", "Again.")
    refresh.clock.skip(timedelta(minutes=1))

    with pytest.raises(ConsentError):
        await bearer()


async def test_a_short_lived_token_is_never_remembered_until_its_end(
    bearer: Bearer, refresh: FakeRefresh
) -> None:
    refresh.life = timedelta(seconds=40)
    await bearer()
    refresh.clock.skip(timedelta(seconds=11))

    await bearer()

    assert len(refresh.asked) == 2


async def test_a_rejected_token_is_named_and_replaced(
    bearer: Bearer, refresh: FakeRefresh
) -> None:
    await bearer()

    assert await bearer(refresh=True) == "stored+"
    assert await bearer() == "stored+"
    assert refresh.asked == ["", "stored"]


async def test_many_calls_with_one_rejected_token_ask_once(
    bearer: Bearer, refresh: FakeRefresh
) -> None:
    await bearer()

    tokens = await asyncio.gather(*(bearer(refresh=True) for _ in range(10)))

    assert set(tokens) == {"stored+"}
    assert refresh.asked == ["", "stored"]


async def test_a_failed_refresh_is_tried_again_by_the_next_call(
    bearer: Bearer, refresh: FakeRefresh
) -> None:
    refresh.trouble = ConsentError("Dead.", "Again.")
    with pytest.raises(ConsentError):
        await bearer()
    refresh.trouble = None

    assert await bearer() == "stored"


async def test_a_bearer_hands_out_what_is_stored(begin: Begin) -> None:
    clock = FakeClock()
    exchange = FakeExchange(clock)
    refresh = RefreshGrant(begin, exchange, clock.now, clock.sleep, lambda: "owner")
    with begin() as stores:
        stores.grants.save(grant_of("grant", TokenPair("old", "refresh", clock.now())))
    bearers = [Bearer(refresh, "grant", clock.now) for _ in range(5)]

    tokens = await asyncio.gather(*(bearer() for bearer in bearers))

    assert set(tokens) == {"access-1"}
    assert exchange.used == ["refresh"]
