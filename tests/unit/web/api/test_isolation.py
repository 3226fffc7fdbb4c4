"""Each endpoint, each credential: its own sites, and nothing without a right."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from connector.domain.client import Scope
from connector.store.database import Database
from connector.use_cases.manage_clients import Issued
from tests.fakes.stores import TOKEN_KEY
from tests.unit.web.api.export_world import (
    ACME,
    ALL_SCOPES,
    UMBRELLA,
    ExportWorld,
    basic,
    bearer,
)

FOREIGN = "page of umbrella"
Headers = dict[str, str]

OWN = "{own}"
ENDPOINTS = {
    "/findings/changes": Scope.FINDINGS_READ,
    "/findings/changes?format=ndjson": Scope.FINDINGS_READ,
    "/findings": Scope.FINDINGS_READ,
    f"/findings/{OWN}": Scope.FINDINGS_READ,
    f"/findings/{OWN}/changes": Scope.FINDINGS_READ,
    f"/findings/{OWN}/resources": Scope.FINDINGS_READ,
    "/findings/snapshot": Scope.FINDINGS_READ,
    "/findings/snapshot?format=csv": Scope.FINDINGS_READ,
    "/finding-types": Scope.FINDINGS_READ,
    "/sites": Scope.SITES_READ,
    "/scans": Scope.SITES_READ,
    "/export/consumers": Scope.EXPORT_ADMIN,
}
NEEDS_SNAPSHOT = f"/findings/{OWN}/resources"


def key_as_bearer(world: ExportWorld, issued: Issued) -> Headers:
    return bearer(issued.api_key)


def key_in_its_header(world: ExportWorld, issued: Issued) -> Headers:
    return {"X-API-Key": issued.api_key}


def key_as_password(world: ExportWorld, issued: Issued) -> Headers:
    return basic("splunk", issued.api_key)


def token(world: ExportWorld, issued: Issued) -> Headers:
    return bearer(world.token(issued))


KINDS = [key_as_bearer, key_in_its_header, key_as_password, token]
Kind = Callable[[ExportWorld, Issued], Headers]

every_endpoint = pytest.mark.parametrize("endpoint", ENDPOINTS)
every_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)


@pytest.fixture(scope="module")
def filled(
    migrated_file: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ExportWorld]:
    """Return a world whose sites have a finding each; tests bring their clients."""
    path = tmp_path_factory.mktemp("world") / "casb.db"
    shutil.copy(migrated_file, path)
    database = Database.open(f"sqlite:///{path}", [TOKEN_KEY])
    world = ExportWorld(database)
    world.happens("1", ACME)
    world.happens(FOREIGN, UMBRELLA)
    yield world
    database.close()


def path_of(world: ExportWorld, endpoint: str, site: str = ACME) -> str:
    page = "1" if site == ACME else FOREIGN
    return f"/api/v1{endpoint.replace(OWN, world.known[site, page].id)}"


@every_endpoint
@every_kind
def test_a_client_sees_its_own_site(
    filled: ExportWorld, endpoint: str, kind: Kind
) -> None:
    headers = kind(filled, filled.client(ACME))

    answer = filled.get(path_of(filled, endpoint), headers=headers)

    # The scan that found it left no snapshot in this world.
    assert answer.status_code == (404 if endpoint == NEEDS_SNAPSHOT else 200)
    assert FOREIGN not in answer.text
    assert UMBRELLA not in answer.text


@every_endpoint
@every_kind
def test_a_foreign_site_is_not_there(
    filled: ExportWorld, endpoint: str, kind: Kind
) -> None:
    headers = kind(filled, filled.client(ACME))
    path = path_of(filled, endpoint, UMBRELLA)
    joint = "&" if "?" in path else "?"

    answer = filled.get(f"{path}{joint}site_id={UMBRELLA}", headers=headers)

    assert FOREIGN not in answer.text
    knows_sites = endpoint in {"/finding-types", "/sites", "/export/consumers"}
    assert answer.status_code == (200 if knows_sites else 404)


@every_endpoint
@every_kind
def test_a_client_without_a_site_sees_nothing(
    filled: ExportWorld, endpoint: str, kind: Kind
) -> None:
    issued = filled.client(ACME)
    headers = kind(filled, issued)
    with filled.database.begin() as stores:
        stores.clients.save(replace(issued.client, site_ids=frozenset()))

    answer = filled.get(path_of(filled, endpoint), headers=headers)

    assert answer.status_code == (404 if OWN in endpoint else 200)
    assert '"acme"' not in answer.text
    assert FOREIGN not in answer.text


@every_endpoint
@every_kind
def test_an_expired_credential_opens_nothing(
    filled: ExportWorld, endpoint: str, kind: Kind
) -> None:
    issued = filled.client(ACME, expires_in=timedelta(days=1))
    headers = kind(filled, issued)
    filled.clock.turn(days=1)

    answer = filled.get(path_of(filled, endpoint), headers=headers)

    assert answer.status_code == 401
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]


@every_endpoint
@every_kind
def test_a_revoked_credential_opens_nothing(
    filled: ExportWorld, endpoint: str, kind: Kind
) -> None:
    issued = filled.client(ACME)
    headers = kind(filled, issued)
    filled.clients.revoke(issued.client.name)

    answer = filled.get(path_of(filled, endpoint), headers=headers)

    assert answer.status_code == 401
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]


@every_endpoint
@every_kind
def test_a_credential_without_the_scope_opens_nothing(
    filled: ExportWorld, endpoint: str, kind: Kind
) -> None:
    scope = ENDPOINTS[endpoint]
    headers = kind(filled, filled.client(ACME, scopes=ALL_SCOPES - {scope}))

    answer = filled.get(path_of(filled, endpoint), headers=headers)

    assert answer.status_code == 403
    assert answer.get_json()["type"] == "urn:casb:problem:insufficient-scope"
    assert f'scope="{scope.value}"' in answer.headers["WWW-Authenticate"]


@every_endpoint
def test_nothing_opens_without_a_credential(filled: ExportWorld, endpoint: str) -> None:
    answer = filled.get(path_of(filled, endpoint))

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="casb"'


@every_endpoint
@pytest.mark.parametrize("scopes", [ALL_SCOPES - {Scope.FINDINGS_EVIDENCE}])
def test_without_the_scope_for_evidence_nobody_is_named(
    filled: ExportWorld, endpoint: str, scopes: frozenset[Scope]
) -> None:
    issued = filled.client(ACME, scopes=scopes)

    answer = filled.get(path_of(filled, endpoint), issued)

    assert "gus" not in answer.text.lower()


def test_evidence_can_be_insisted_on(filled: ExportWorld) -> None:
    path = "/api/v1/findings/changes?include=evidence"
    without = filled.client(ACME, scopes=frozenset({Scope.FINDINGS_READ}))

    assert filled.get(path, without).status_code == 403
    assert "gus" in filled.get(path, filled.client(ACME)).text


@pytest.mark.parametrize("site", [UMBRELLA, "nowhere", f"{ACME},{UMBRELLA}"])
def test_a_foreign_site_and_none_at_all_are_told_apart_by_nobody(
    filled: ExportWorld, site: str
) -> None:
    issued = filled.client(ACME)

    for endpoint in ("/findings", "/findings/changes", "/findings/snapshot", "/scans"):
        answer = filled.get(f"/api/v1{endpoint}?site_id={site}", issued)
        assert answer.status_code == 404
        assert answer.get_json()["type"] == "urn:casb:problem:not-found"


def test_a_search_does_not_find_what_is_withheld(filled: ExportWorld) -> None:
    read_only = filled.client(ACME, scopes=frozenset({Scope.FINDINGS_READ}))

    assert filled.get("/api/v1/findings?q=gus", read_only).get_json()["items"] == []
    [found] = filled.get("/api/v1/findings?q=gus", filled.client(ACME)).get_json()[
        "items"
    ]
    assert found["id"] == filled.known[ACME, "1"].id


def test_consumers_of_more_sites_are_not_listed(world: ExportWorld) -> None:
    admin = world.client(ACME, name="admin of acme")
    world.client(ACME, UMBRELLA, name="reads both")
    world.client(UMBRELLA, name="reads umbrella")

    listed = world.get("/api/v1/export/consumers", admin).get_json()["items"]

    assert [each["name"] for each in listed] == ["admin of acme"]
