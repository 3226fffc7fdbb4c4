"""Installations, policies and tokens are kept as they are."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import select, update

from casb_sdk import Severity, Site
from connector.domain.errors import CasbError, ConflictError, SettingError
from connector.domain.installation import (
    Installation,
    InstallationState,
    SiteSettings,
    TokenPair,
)
from connector.domain.policy import DetectorPolicy
from connector.domain.store_ports import Begin
from connector.store.database import Database
from connector.store.tables import grants
from tests.contract.finding_words import HOSTILE
from tests.fakes.grants import grant_of, tokens_of
from tests.fakes.stores import TOKEN_KEY

NOON = datetime(2026, 11, 23, 12, 0, 0, 1, UTC)
ACME = Installation(
    id="installation-1",
    site=Site("11223344-acme", "https://acme.atlassian.net", f"Acme {HOSTILE}"),
    grant_id="grant-1",
    state=InstallationState.DEGRADED,
    scopes=frozenset({"read:me", "search:confluence"}),
    profile="reference",
    settings=SiteSettings(
        internal_domains=frozenset({"acme.example", "acme.test"}),
        match_subdomains=True,
        spaces_exclude=frozenset({"OLD", HOSTILE}),
        scan_every="6h",
        incremental_every="30m",
        verify=True,
    ),
    installed_at=NOON,
    installing_account="557058:admin",
    note=HOSTILE,
)
UMBRELLA = Installation(
    "installation-2", Site("55667788-umbrella", "https://a-umbrella.test"), "grant-2"
)
PAIR = TokenPair("access-secret", "refresh-secret", NOON, frozenset({"read:me"}))


def save(begin: Begin, *installations: Installation) -> None:
    with begin() as stores:
        for installation in installations:
            stores.installations.save(installation)


def ended(
    installation: Installation,
    state: InstallationState = InstallationState.UNINSTALLED,
) -> Installation:
    return replace(installation, state=state)


def test_an_installation_comes_back_as_it_was(begin: Begin) -> None:
    save(begin, ACME, UMBRELLA)

    with begin(write=False) as stores:
        assert stores.installations.find(ACME.site.cloud_id) == ACME
        assert stores.installations.find(UMBRELLA.site.cloud_id) == UMBRELLA


def test_an_installation_that_changed_is_replaced(begin: Begin) -> None:
    changed = replace(ACME, grant_id="grant-9", settings=SiteSettings(), note="")
    save(begin, ACME)

    save(begin, changed)

    with begin(write=False) as stores:
        assert stores.installations.all() == [changed]


@pytest.mark.parametrize(
    "name",
    [
        "11223344-acme",
        "https://acme.atlassian.net",
        "http://acme.atlassian.net/",
        "https://ACME.Atlassian.NET/wiki",
        "https://acme.atlassian.net/wiki/",
        "acme.atlassian.net",
        "acme.atlassian.net/wiki/spaces/DOCS",
    ],
)
def test_a_site_is_found_however_people_write_it(begin: Begin, name: str) -> None:
    save(begin, ACME, UMBRELLA)

    with begin(write=False) as stores:
        assert stores.installations.find(name) == ACME


@pytest.mark.parametrize("name", ["", "acme", "https://other.atlassian.net", HOSTILE])
def test_a_site_that_is_not_installed_is_not_found(begin: Begin, name: str) -> None:
    save(begin, ACME, UMBRELLA)

    with begin(write=False) as stores:
        assert stores.installations.find(name) is None


def test_a_site_installed_again_is_found_as_the_new_one(begin: Begin) -> None:
    again = replace(ACME, id="installation-3")

    save(begin, ended(ACME), again)

    with begin(write=False) as stores:
        assert stores.installations.find("acme.atlassian.net") == again
        assert stores.installations.all() == [ended(ACME), again]


def test_a_site_has_one_live_installation(begin: Begin) -> None:
    save(begin, ACME)

    with pytest.raises(ConflictError, match="is installed already"):
        save(begin, replace(ACME, id="installation-3"))


def test_purged_installations_are_not_listed(begin: Begin) -> None:
    save(begin, ACME, UMBRELLA)

    save(begin, ended(UMBRELLA, InstallationState.PURGED))

    with begin(write=False) as stores:
        assert stores.installations.all() == [ACME]


def test_installations_are_listed_by_site(begin: Begin) -> None:
    save(begin, ACME, UMBRELLA)

    with begin(write=False) as stores:
        assert stores.installations.all() == [UMBRELLA, ACME]


def test_a_policy_comes_back_as_it_was(begin: Begin) -> None:
    policy = DetectorPolicy(
        disabled=frozenset({"app-content-view", HOSTILE}),
        severities={"external-access": Severity.CRITICAL},
        config={"external-access": {"days": 3, "names": ["a", HOSTILE], "x": None}},
    )
    with begin() as stores:
        stores.policies.save_policy("acme", DetectorPolicy(frozenset({"x"})))

    with begin() as stores:
        stores.policies.save_policy("acme", policy)

    with begin(write=False) as stores:
        assert stores.policies.policy("acme") == policy
        assert stores.policies.policy("umbrella") == DetectorPolicy()


def test_tokens_come_back_and_can_be_forgotten(begin: Begin) -> None:
    newer = replace(PAIR, access_token="newer")
    with begin() as stores:
        stores.grants.save(grant_of("grant-1", PAIR))
        stores.grants.save(grant_of("grant-2", PAIR))
        first = tokens_of(stores, "grant-1")
        stores.grants.save(grant_of("grant-1", newer))

    with begin() as stores:
        second = tokens_of(stores, "grant-1")
        stores.grants.erase("grant-1")
        stores.grants.erase("grant-1")

    with begin(write=False) as stores:
        assert tokens_of(stores, "grant-1") is None
        assert tokens_of(stores, "grant-2") == PAIR
    assert [first, second] == [PAIR, newer]


def test_tokens_are_encrypted_and_never_printed(database: Database) -> None:
    with database.begin() as stores:
        stores.grants.save(grant_of("grant-1", PAIR))

    with database.engines.reader.connect() as connection:
        [sealed] = connection.scalars(select(grants.c.sealed))
    assert b"secret" not in sealed
    assert TOKEN_KEY not in repr(database)


def test_every_key_decrypts_and_the_first_encrypts(url: str) -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    with_old = Database.open(url, [old])
    with with_old.begin() as stores:
        stores.grants.save(grant_of("grant-1", PAIR))
    with_both = Database.open(url, [new, old])

    with with_both.begin() as stores:
        read = tokens_of(stores, "grant-1")
        stores.grants.save(grant_of("grant-1", PAIR))

    assert read == PAIR
    with pytest.raises(SettingError, match="CASB_TOKEN_KEYS"), with_old.begin() as lost:
        tokens_of(lost, "grant-1")
    for database in (with_old, with_both):
        database.close()


def test_tokens_of_one_grant_do_not_open_for_another(database: Database) -> None:
    with database.begin() as stores:
        stores.grants.save(grant_of("grant-1", PAIR))
    with database.engines.writer.begin() as connection:
        connection.execute(update(grants).values(id="grant-2"))

    with pytest.raises(CasbError, match="grant:grant-2 belongs to grant:grant-1"):
        _load(database.begin, "grant-2")


@pytest.mark.parametrize("keys", [["short"], ["é" * 44], [TOKEN_KEY, ""]])
def test_something_that_is_no_key_is_refused(keys: list[str]) -> None:
    with pytest.raises(SettingError, match="CASB_TOKEN_KEYS") as refusal:
        Database.open("sqlite:///casb.db", keys)

    assert keys[0] not in str(refusal.value)


def test_without_keys_no_token_is_kept(url: str) -> None:
    database = Database.open(url)

    with (
        pytest.raises(SettingError, match="CASB_TOKEN_KEYS is not set"),
        database.begin() as stores,
    ):
        stores.grants.save(grant_of("grant-1", PAIR))

    assert _load(database.begin, "grant-1") is None
    database.close()


def _load(begin: Begin, grant_id: str) -> TokenPair | None:
    with begin(write=False) as stores:
        return tokens_of(stores, grant_id)
