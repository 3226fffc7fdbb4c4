import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import responses

from connector.atlassian.tokens import Bearer, RefreshOverHttp
from connector.domain.errors import ConsentError, SettingError
from connector.domain.installation import TokenPair
from connector.domain.store_ports import Begin
from tests.unit.web.oauth_world import APP, GOOD, NOW, TOKEN_URL

OLD = TokenPair("old-access", "old-refresh", NOW + timedelta(hours=1))


class CountingExchange:
    """Hands out numbered pairs that live for a while."""

    def __init__(self, life: timedelta = timedelta(hours=1)) -> None:
        self.life = life
        self.used: list[str] = []
        self.trouble: Exception | None = None
        self.clock = NOW

    def refresh(self, pair: TokenPair) -> TokenPair:
        self.used.append(pair.refresh_token)
        if self.trouble:
            raise self.trouble
        number = len(self.used)
        return TokenPair(
            f"access-{number}", f"refresh-{number}", self.clock + self.life
        )


class World:
    """A grant in the vault, its bearer, and a clock that a test can turn."""

    def __init__(self, begin: Begin, pair: TokenPair | None = OLD) -> None:
        self.begin = begin
        self.exchange = CountingExchange()
        if pair:
            with begin() as stores:
                stores.vault.store("grant", pair)
        self.bearer = Bearer(begin, "grant", self.exchange, self.now)

    def now(self) -> datetime:
        return self.exchange.clock

    def wait(self, duration: timedelta) -> None:
        self.exchange.clock += duration

    def stored(self) -> TokenPair | None:
        with self.begin(write=False) as stores:
            return stores.vault.load("grant")


@pytest.fixture
def world(begin: Begin) -> World:
    return World(begin)


@pytest.fixture
def atlassian() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mock:
        yield mock


async def test_a_token_is_used_as_long_as_it_is_good(world: World) -> None:
    world.wait(timedelta(minutes=54))

    assert [await world.bearer(), await world.bearer()] == ["old-access"] * 2
    assert world.exchange.used == []


async def test_a_token_about_to_expire_is_renewed_before_it_is_used(
    world: World,
) -> None:
    world.wait(timedelta(minutes=56))

    assert await world.bearer() == "access-1"
    assert world.exchange.used == ["old-refresh"]


async def test_the_new_pair_is_stored_before_anybody_uses_it(world: World) -> None:
    world.wait(timedelta(hours=2))

    token = await world.bearer()

    stored = world.stored()
    assert stored is not None
    assert (stored.access_token, stored.refresh_token) == (token, "refresh-1")


async def test_a_rejected_token_is_renewed(world: World) -> None:
    await world.bearer()

    assert await world.bearer(refresh=True) == "access-1"
    assert await world.bearer() == "access-1"


async def test_many_callers_cause_one_refresh(world: World) -> None:
    world.wait(timedelta(hours=2))

    tokens = await asyncio.gather(*(world.bearer() for _ in range(24)))

    assert set(tokens) == {"access-1"}
    assert world.exchange.used == ["old-refresh"]


async def test_a_pair_that_somebody_else_renewed_is_taken(world: World) -> None:
    await world.bearer()
    theirs = replace(OLD, access_token="theirs")
    with world.begin() as stores:
        stores.vault.store("grant", theirs)

    assert await world.bearer(refresh=True) == "theirs"
    assert world.exchange.used == []


async def test_short_lived_tokens_are_not_renewed_for_every_call(begin: Begin) -> None:
    world = World(begin)
    world.exchange.life = timedelta(minutes=2)
    world.wait(timedelta(hours=1))

    tokens = {await world.bearer() for _ in range(5)}

    assert tokens == {"access-1"}


async def test_a_failed_refresh_keeps_the_pair_for_the_next_try(world: World) -> None:
    world.wait(timedelta(hours=2))
    world.exchange.trouble = ConsentError("Dead.", "Again.")

    with pytest.raises(ConsentError):
        await world.bearer()

    assert world.stored() == OLD
    world.exchange.trouble = None
    assert await world.bearer() == "access-2"


async def test_a_site_without_tokens_needs_a_consent(begin: Begin) -> None:
    world = World(begin, pair=None)

    with pytest.raises(ConsentError, match=r"no tokens.*casb install"):
        await world.bearer()


def test_a_refresh_sends_what_the_documentation_asks(
    atlassian: responses.RequestsMock,
) -> None:
    atlassian.post(TOKEN_URL, json=GOOD)

    pair = RefreshOverHttp(APP, lambda: NOW).refresh(OLD)

    assert json.loads(atlassian.calls[0].request.body or "") == {
        "grant_type": "refresh_token",
        "client_id": "client",
        "client_secret": "hush",
        "refresh_token": "old-refresh",
    }
    assert pair.refresh_token == "fresh-refresh"
    assert pair.expires_at == NOW + timedelta(hours=1)


def test_an_answer_without_a_refresh_token_keeps_the_old_one(
    atlassian: responses.RequestsMock,
) -> None:
    answer = {k: v for k, v in GOOD.items() if k not in {"refresh_token", "scope"}}
    atlassian.post(TOKEN_URL, json=answer)
    old = replace(OLD, scopes=frozenset({"search:confluence"}))

    pair = RefreshOverHttp(APP, lambda: NOW).refresh(old)

    assert pair.refresh_token == "old-refresh"
    assert pair.scopes == old.scopes


@pytest.mark.parametrize(
    ("status", "error", "expected"),
    [
        (403, "invalid_grant", ConsentError),
        (403, "unauthorized_client", ConsentError),
        (401, "access_denied", SettingError),
    ],
)
def test_a_dead_grant_is_told_from_a_wrong_secret(
    atlassian: responses.RequestsMock,
    status: int,
    error: str,
    expected: type[Exception],
) -> None:
    atlassian.post(TOKEN_URL, json={"error": error}, status=status)

    with pytest.raises(expected) as caught:
        RefreshOverHttp(APP, lambda: NOW).refresh(OLD)

    assert type(caught.value) is expected
    assert "old-refresh" not in str(caught.value)
