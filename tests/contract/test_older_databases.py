"""A database of the first version is brought up to date with everything in it."""

from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec
import pytest
from alembic import command
from sqlalchemy import text

from connector.domain.installation import InstallationState, TokenPair
from connector.domain.scan import ScanKind
from connector.store.database import Database
from connector.store.migrate import alembic_config, migrate
from connector.store.seal import Seal
from tests.fakes.stores import TOKEN_KEY

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
MICROSECONDS = int(NOON.timestamp()) * 1_000_000
PAIR = TokenPair("access", "refresh", NOON, frozenset({"read:me"}))
INSTALLATIONS = (
    ("one", "acme-id", "https://acme.test", "grant-1", "active", True),
    ("two", "beta-id", "https://beta.test", "grant-1", "degraded", True),
    ("three", "gone-id", "https://gone.test", "grant-2", "uninstalled", False),
)


@pytest.fixture
def first(empty_url: str) -> Iterator[Database]:
    """A database as the first version left it, with sites and tokens."""
    database = Database.open(empty_url, [TOKEN_KEY])
    with database.connect(database.engines.writer) as connection:
        command.upgrade(alembic_config(connection), "0001")
        for id_, site_id, url, grant_id, state, is_live in INSTALLATIONS:
            connection.execute(
                text(
                    "INSERT INTO installations (id, site_id, site_url, site_name, "
                    "site_address, grant_id, state, is_live, scopes, profile, "
                    "settings, installed_at, installing_account, note, learnt) VALUES "
                    "(:id, :site_id, :url, '', :address, :grant_id, :state, :is_live, "
                    "'read:me', 'current', '{}', :at, 'mara', 'A note', '')"
                ),
                {
                    "id": id_,
                    "site_id": site_id,
                    "url": url,
                    "address": url.removeprefix("https://"),
                    "grant_id": grant_id,
                    "state": state,
                    "is_live": is_live,
                    "at": MICROSECONDS,
                },
            )
        for grant_id in ("grant-1", "grant-2", "nobodys"):
            sealed = sealed_pair(grant_id)
            connection.execute(
                text(
                    "INSERT INTO token_pairs (grant_id, sealed) VALUES (:id, :sealed)"
                ),
                {"id": grant_id, "sealed": sealed},
            )
    yield database
    database.close()


def test_nothing_is_lost_on_the_way(first: Database) -> None:
    migrate(first)

    with first.begin(write=False) as stores:
        installations = {it.id: it for it in stores.installations.all()}
        grants = {grant.id: grant for grant in stores.grants.all()}
    assert {it.state for it in installations.values()} == {
        InstallationState.ACTIVE,
        InstallationState.DEGRADED,
        InstallationState.UNINSTALLED,
    }
    assert {it.note for it in installations.values()} == {"A note"}
    assert grants.keys() == {"grant-1", "grant-2", "nobodys"}
    assert {grant.pair for grant in grants.values()} == {PAIR}
    assert grants["grant-1"].account_id == "mara"
    assert grants["grant-1"].consented_at == NOON


def test_the_sites_that_live_are_looked_at_by_the_first_worker(
    first: Database,
) -> None:
    migrate(first)

    with first.begin(write=False) as stores:
        due = [it.id for it in stores.installations.due(NOON, 10)]
    assert sorted(due) == ["one", "two"]


def sealed_pair(grant_id: str) -> bytes:
    """Return tokens as the first version kept them."""
    return Seal.of([TOKEN_KEY]).close(f"grant:{grant_id}", msgspec.json.encode(PAIR))


def test_the_scans_so_far_were_full_ones(first: Database) -> None:
    with first.connect(first.engines.writer) as connection:
        connection.execute(
            text(
                "INSERT INTO scans (id, site_id, only_spaces, status, started_at, "
                "error) VALUES ('old', 'acme-id', '[]', 'done', :at, '')"
            ),
            {"at": MICROSECONDS},
        )

    migrate(first)

    with first.begin(write=False) as stores:
        assert stores.ledger.latest("acme-id", kind=ScanKind.FULL)
