from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from connector.domain.client import (
    AccessToken,
    Client,
    Credential,
    CredentialKind,
    Held,
    Pull,
    RateLimit,
    Scope,
    hash_of_secret,
)
from connector.domain.store_ports import Begin

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SIEM = Client(
    "c1",
    "SIEM \0 é",
    frozenset({"acme", "umbrella"}),
    frozenset({Scope.FINDINGS_READ, Scope.SITES_READ}),
    NOW,
    "an operator",
    limit=RateLimit(3, MINUTE),
)
LAKE = Client("c2", "lake", frozenset({"acme"}), frozenset(), NOW)
KEY = Credential(
    "k1",
    "c1",
    CredentialKind.API_KEY,
    hash_of_secret("secret"),
    NOW,
    NOW + timedelta(days=90),
    addresses=("192.0.2.0/24",),
)
TOKEN = AccessToken(
    hash_of_secret("t"), "c1", "k1", frozenset({Scope.SITES_READ}), NOW, NOW + MINUTE
)


def test_a_client_is_kept_as_it_was(begin: Begin) -> None:
    with begin() as stores:
        stores.clients.save(SIEM)
        stores.clients.save(LAKE)

    with begin(write=False) as stores:
        assert stores.clients.get("c1") == SIEM
        assert stores.clients.named(SIEM.name) == SIEM
        assert stores.clients.named("c2") == LAKE
        assert stores.clients.named("another") is None
        assert list(stores.clients.all()) == [SIEM, LAKE]


def test_a_credential_is_found_with_the_client_that_holds_it(begin: Begin) -> None:
    with begin() as stores:
        stores.clients.save(LAKE)
        stores.clients.save(SIEM)
        stores.clients.save_credential(KEY)

    with begin(write=False) as stores:
        assert stores.clients.held("k1") == Held(KEY, SIEM)
        assert stores.clients.held("another") is None


def test_credentials_and_tokens_are_kept_as_they_were(begin: Begin) -> None:
    used = replace(KEY, last_used_at=NOW + MINUTE)
    with begin() as stores:
        stores.clients.save(SIEM)
        stores.clients.save_credential(KEY)
        stores.clients.save_token(TOKEN)
        stores.clients.touch("k1", NOW + MINUTE)

    with begin(write=False) as stores:
        assert stores.clients.credential("k1") == used
        assert list(stores.clients.credentials("c1")) == [used]
        assert stores.clients.credential("k2") is None
        assert stores.clients.token(TOKEN.token_hash) == TOKEN
        assert stores.clients.token("another") is None


def test_the_tokens_of_a_credential_end_together(begin: Begin) -> None:
    with begin() as stores:
        stores.clients.save(SIEM)
        stores.clients.save_token(TOKEN)
        stores.clients.save_token(replace(TOKEN, token_hash="b", credential_id="k2"))

        stores.clients.revoke_tokens(["k1"], NOW)

        assert stores.clients.token(TOKEN.token_hash) == replace(TOKEN, revoked_at=NOW)
        other = stores.clients.token("b")
        assert other is not None
        assert other.revoked_at is None


def test_deleting_a_client_leaves_its_pulls_on_record(begin: Begin) -> None:
    pull = Pull("c1", "/findings/changes", NOW, 5, "192.0.2.7", 0, 5, NOW)
    with begin() as stores:
        stores.clients.save(SIEM)
        stores.clients.save_credential(KEY)
        stores.clients.save_token(TOKEN)
        stores.clients.record([pull])

        stores.clients.delete("c1")

        assert stores.clients.get("c1") is None
        assert stores.clients.credential("k1") is None
        assert stores.clients.token(TOKEN.token_hash) is None
        assert list(stores.clients.pulls("c1")) == [pull]


def test_the_last_pull_of_each_client_at_an_endpoint_is_found(begin: Begin) -> None:
    first = Pull("c1", "/findings/changes", NOW, 5, to_seq=5)
    second = replace(first, to_seq=9)
    elsewhere = Pull("c1", "/findings", NOW, 5)
    with begin() as stores:
        stores.clients.save(SIEM)
        stores.clients.save(LAKE)
        stores.clients.record([first, second, elsewhere])

        assert stores.clients.last_pulls("/findings/changes") == {"c1": second}
        assert list(stores.clients.pulls("c1", 2)) == [elsewhere, second]


def test_old_tokens_and_pulls_are_forgotten(begin: Begin) -> None:
    with begin() as stores:
        stores.clients.save(SIEM)
        stores.clients.save_token(TOKEN)
        stores.clients.record([Pull("c1", "/findings", NOW, 1)])

        stores.clients.forget(NOW + 2 * MINUTE, NOW + MINUTE)

        assert stores.clients.token(TOKEN.token_hash) is None
        assert stores.clients.pulls("c1") == []


def test_a_rate_limit_is_whole_again_after_its_time(begin: Begin) -> None:
    with begin() as stores:
        counted = [
            stores.clients.count_request("c1", SIEM.limit, NOW + second * MINUTE / 60)
            for second in (0, 1, 2, 3, 59, 60)
        ]

    assert [each.used for each in counted] == [1, 2, 3, 4, 5, 1]
    assert [each.is_exceeded for each in counted] == [False] * 3 + [True] * 2 + [False]
    assert [each.remaining for each in counted] == [2, 1, 0, 0, 0, 2]
    assert counted[4].resets_at == NOW + MINUTE
    assert counted[5].resets_at == NOW + 2 * MINUTE


def test_requests_that_come_at_once_are_all_counted(begin: Begin) -> None:
    def count(_: int) -> int:
        with begin() as stores:
            return stores.clients.count_request("c1", SIEM.limit, NOW).used

    with ThreadPoolExecutor(8) as pool:
        used = list(pool.map(count, range(40)))

    assert sorted(used) == list(range(1, 41))
