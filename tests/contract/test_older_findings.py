"""Findings that an older version stored say the same, until they are stored anew."""

from collections.abc import Mapping
from dataclasses import replace

import orjson
import pytest
from hypothesis import given
from sqlalchemy import select

from casb_sdk import (
    Affected,
    Audience,
    ExposedPrincipal,
    Finding,
    ItemRef,
    Level,
    Path,
    Principal,
    Via,
)
from connector.domain.feed import FeedQuery
from connector.domain.finding_state import Change, ChangeType, TrackedFinding
from connector.store.database import Database
from connector.store.finding_codec import encode_finding
from connector.store.finding_draft import Draft
from connector.store.json_values import dump_plain, load_plain
from connector.store.tables import findings
from tests.contract.finding_words import GUS, any_finding, finding_on, tracked

GROUP = Path(Via.GROUP, "read", "space", "31", "g1", "Friends of Gus")
EVE = Principal("eve", Audience.UNKNOWN, display_name="Eve")
OWN = Affected(2, (ItemRef("page", "12", "Lunch"),))
OLDER = (
    b'{"detector_id":"external-content-view","resource":{"type":"page","id":"11",'
    b'"url":"/11","space_key":"DOCS"},"principals":['
    b'{"principal":{"id":"gus","audience":"external","is_guest":true},'
    b'"level":"view","paths":[{"via":"group","operation":"read","target":"space",'
    b'"permission_id":"31","group_id":"g1","group_name":"Friends of Gus",'
    b'"role_id":"","role_name":"","access_class":""}],"affected":"same",'
    b'"confidence":"high"},'
    b'{"principal":{"id":"eve","audience":"unknown"},"level":"edit",'
    b'"affected":{"count":2,"sample":[["page","12"]]},"confidence":"high",'
    b'"notes":["seen late"]}],"level":"view","cause":"space_grant",'
    b'"confidence":"high","affected":{"count":1,"sample":[["page","11"]]}}'
)
"""What the version before wrote of the finding below: an access beside each."""


def older_finding() -> TrackedFinding:
    finding = finding_on("11", title="Home")
    principals = (
        ExposedPrincipal(GUS, Level.VIEW, (GROUP,), finding.affected),
        ExposedPrincipal(EVE, Level.EDIT, (), OWN, notes=("seen late",)),
    )
    return tracked(replace(finding, principals=principals))


@pytest.fixture
def older(database: Database) -> Database:
    """A database with one finding, as the version before stored it."""
    with database.begin() as stores:
        stores.findings.save([Change(ChangeType.CREATED, older_finding())])
    with database.engines.writer.begin() as connection:
        connection.execute(findings.update().values(evidence=OLDER))
    return database


def evidence_in(database: Database) -> bytes:
    with database.engines.reader.connect() as connection:
        [evidence] = connection.scalars(select(findings.c.evidence))
    return bytes(evidence)


def as_older(evidence: bytes) -> bytes:
    """Return evidence as the version before wrote it."""
    told = load_plain(evidence)
    accesses, access_of = told.pop("accesses", []), told.pop("access_of", [])
    if access_of:
        told["principals"] = [
            {"principal": principal, **accesses[place]}
            for principal, place in zip(told["principals"], access_of, strict=True)
        ]
    return dump_plain(told)


@given(any_finding)
def test_any_finding_comes_back_from_its_older_bytes(finding: Finding) -> None:
    encoded = encode_finding(finding)

    draft = Draft.of(as_older(encoded.evidence), encoded.titles)

    assert set(draft.account_ids) >= encoded.names.keys()
    assert draft.finding(encoded.names) == finding


def test_older_findings_are_read_as_they_were(older: Database) -> None:
    with older.begin(write=False) as stores:
        [listed] = stores.findings.list("acme")

    assert listed == older_finding()


def test_the_feed_tells_older_findings_as_they_were(older: Database) -> None:
    with older.begin(write=False) as stores:
        [row] = stores.feed.stream(FeedQuery())

    assert row.change
    assert row.change.finding == older_finding()


def test_what_the_feed_kept_of_an_older_finding_is_told(older: Database) -> None:
    changed = replace(older_finding(), version=2, finding=finding_on("11"))
    with older.begin() as stores:
        stores.findings.save([Change(ChangeType.UPDATED, changed)])

    with older.begin(write=False) as stores:
        told = [
            row.change and row.change.finding for row in stores.feed.stream(FeedQuery())
        ]

    assert told == [older_finding(), changed]


def test_an_older_finding_that_is_stored_anew_has_the_newer_bytes(
    older: Database,
) -> None:
    with older.begin() as stores:
        [listed] = stores.findings.list("acme")
        stores.findings.save([Change(ChangeType.REFRESHED, listed)])

    stored: Mapping[str, object] = orjson.loads(evidence_in(older))
    assert as_older(evidence_in(older)) != evidence_in(older)
    assert stored["access_of"] == [0, 1]
    with older.begin(write=False) as stores:
        assert list(stores.findings.list("acme")) == [older_finding()]


def test_a_name_is_erased_from_older_evidence(older: Database) -> None:
    with older.begin() as stores:
        stores.accounts.erase(["gus"])

    assert b"Friends of ***" in evidence_in(older)
    with older.begin(write=False) as stores:
        [listed] = stores.findings.list("acme")
    assert [it.principal.id for it in listed.finding.principals] == ["gus", "eve"]
    assert listed.finding.principals[0].principal.display_name == ""


def test_a_name_is_erased_from_what_principals_share(database: Database) -> None:
    with database.begin() as stores:
        stores.findings.save([Change(ChangeType.CREATED, older_finding())])

    with database.begin() as stores:
        stores.accounts.erase(["gus"])

    assert b'"accesses"' in evidence_in(database)
    assert b"Friends of ***" in evidence_in(database)
