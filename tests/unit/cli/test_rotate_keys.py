from pathlib import Path
from typing import Any, cast

import pytest
from cryptography.fernet import Fernet

from casb_sdk import Site
from connector.domain.installation import Installation, TokenPair
from connector.store.database import Database, utc_now
from tests.fakes.grants import grant_of, tokens_of
from tests.fakes.stores import migrate_file
from tests.unit.cli.conftest import Casb, Ended

OLD, NEW, STRANGE = (Fernet.generate_key().decode() for _ in range(3))
PAIR = TokenPair("access", "refresh", utc_now())


@pytest.fixture
def url(tmp_path: Path) -> str:
    path = tmp_path / "casb.db"
    migrate_file(path)
    return f"sqlite:///{path}"


def keep(url: str, key: str, *grant_ids: str) -> None:
    database = Database.open(url, [key])
    with database.begin() as stores:
        for grant_id in grant_ids:
            site = Site(grant_id, f"https://{grant_id}.atlassian.example")
            stores.grants.save(grant_of(grant_id, PAIR))
            stores.installations.save(Installation(grant_id, site, grant_id))
    database.close()


def opens(url: str, key: str, grant_id: str) -> bool:
    database = Database.open(url, [key])
    with database.begin(write=False) as stores:
        is_open = tokens_of(stores, grant_id) == PAIR
    database.close()
    return is_open


def document(ended: Ended) -> dict[str, Any]:
    return cast("dict[str, Any]", ended.json)


def test_after_a_rotation_the_old_key_can_go(casb: Casb, url: str) -> None:
    keep(url, OLD, "acme", "beta")

    ended = casb("keys", "rotate", TOKEN_KEYS=f"{NEW},{OLD}")

    assert ended.code == 0
    assert ended.out.splitlines() == [
        "2 grants encrypted anew, 0 were under the first key.",
        "No longer needed in CASB_TOKEN_KEYS: key 2.",
    ]
    assert opens(url, NEW, "acme")
    assert opens(url, NEW, "beta")


def test_rotating_again_changes_nothing(casb: Casb, url: str) -> None:
    keep(url, OLD, "acme")
    casb("keys", "rotate", TOKEN_KEYS=f"{NEW},{OLD}")

    again = document(casb("keys", "rotate", "--json", TOKEN_KEYS=f"{NEW},{OLD}"))

    assert again == {
        "encrypted_anew": 0,
        "unchanged": 1,
        "lost": [],
        "still_under_older_keys": 0,
        "keys_no_longer_needed": [2],
    }


def test_tokens_that_no_key_opens_are_named_and_stop_no_other(
    casb: Casb, url: str
) -> None:
    keep(url, STRANGE, "acme")
    keep(url, OLD, "beta")

    ended = casb("keys", "rotate", TOKEN_KEYS=f"{NEW},{OLD}")

    assert ended.code == 1
    assert "opens the tokens of https://acme.atlassian.example" in ended.said
    assert "No longer needed" not in ended.out
    assert opens(url, NEW, "beta")
    assert opens(url, STRANGE, "acme")


def test_one_key_alone_says_how_to_change_it(casb: Casb, url: str) -> None:
    keep(url, OLD, "acme")

    ended = casb("keys", "rotate", TOKEN_KEYS=OLD)

    assert ended.code == 0
    assert "put a new one in front of it" in ended.said


def test_without_keys_nothing_is_rotated(casb: Casb, url: str) -> None:
    ended = casb("keys", "rotate")

    assert ended.code == 2
    assert "CASB_TOKEN_KEYS is not set" in ended.said


def test_no_key_is_ever_printed(casb: Casb, url: str) -> None:
    keep(url, OLD, "acme")

    for arguments in (("keys", "rotate"), ("keys", "rotate", "--json")):
        ended = casb(*arguments, TOKEN_KEYS=f"{NEW},{OLD}")
        assert not any(key in ended.out + ended.err for key in (OLD, NEW))
