"""A name that was erased stands nowhere any more, in no table and in no file."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from casb_sdk import Directory, Principal, Site, Space, SpaceSnapshot
from casb_sdk.blocks import unpacked
from casb_sdk.content import ContentTable
from casb_sdk.model import Account, Audience, ContentItem
from connector.domain.care import Alarm
from connector.domain.finding_state import Change, ChangeType
from connector.domain.installation import Installation
from connector.domain.life import Notice, NoticeKind
from connector.domain.store_ports import Begin, Stores
from connector.store.database import Database
from connector.store.erasing import scrub
from connector.store.tables import metadata
from tests.contract.finding_words import finding_on, tracked
from tests.fakes.stores import OneFile

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAY = timedelta(days=1)
NAME = "Gus Österlund"
OTHER = "Augusta Lund"
GUS = Account("gus", NAME, account_status="active")
ADA = Account("ada", OTHER, account_status="active")
SITES = ("acme", "beta")


def directory(site_id: str, *accounts: Account) -> Directory:
    return Directory(Site(site_id), accounts={it.id: it for it in accounts})


def den(name: str = NAME) -> SpaceSnapshot:
    items = [ContentItem("11", title=f"{name}: home"), ContentItem("12", title="Lunch")]
    space = Space("8", "~gus", name, type="personal", owner_id="gus")
    return SpaceSnapshot(space, content=ContentTable.of(items))


def speak_of_gus(stores: Stores, site_id: str) -> None:
    """Write his name wherever something of ours may hold it."""
    site = Site(site_id, f"https://{site_id}.test")
    installation = Installation(
        site_id, site, "grant", installing_account="gus", note=f"Ask {NAME}."
    )
    stores.installations.save(installation)
    stores.log.add(installation, [Notice(NoticeKind.DEGRADED, {"note": NAME})], NOON)
    stores.alarms.raise_(Alarm(f"a:{site_id}", f"{NAME} left.", "Look.", NOON, site_id))
    stores.snapshots.save_directory(site_id, "scan", directory(site_id, GUS, ADA))
    stores.snapshots.save_space(site_id, "scan", den())
    who = Principal("gus", Audience.EXTERNAL, display_name=NAME)
    finding = finding_on("11", title=f"Offboarding {NAME}", principal=who)
    finding = replace(finding, details={"who": NAME}, coverage_notes=(f"no {NAME}",))
    change = Change(ChangeType.CREATED, tracked(finding, site_id=site_id))
    stores.findings.save([change])


@pytest.fixture
def filled(database: Database) -> Database:
    with database.begin() as stores:
        for site_id in SITES:
            speak_of_gus(stores, site_id)
    return database


def everything_in(database: Database) -> Iterator[tuple[str, bytes]]:
    """Yield what every column of every row holds, unpacked."""
    with database.engines.reader.connect() as connection:
        for table in metadata.sorted_tables:
            for row in connection.execute(select(table)).mappings():
                for column, value in row.items():
                    yield f"{table.name}.{column}", bytes_of(value)


def bytes_of(value: object) -> bytes:
    if isinstance(value, bytes):
        if value.startswith(b"casb-"):
            kind = value.partition(b" ")[0].removeprefix(b"casb-").decode()
            return b"".join(unpacked(kind, value))
        return value
    return str(value).encode()


def places(database: Database, name: str = NAME) -> list[str]:
    spelled = {name.encode(), json.dumps(name)[1:-1].encode()}
    return [
        place
        for place, held in everything_in(database)
        if any(way in held for way in spelled)
    ]


def erase(database: Database, account_id: str = "gus", *, bar: bool = True) -> int:
    with database.begin() as stores:
        barred_at = NOON if bar else None
        return stores.accounts.erase([account_id], barred_at).places


def test_the_name_stands_in_many_places_before(filled: Database) -> None:
    assert len(set(places(filled))) >= 8


def test_an_erased_name_stands_nowhere(filled: Database) -> None:
    held = len(set(places(filled)))

    count = erase(filled)

    assert places(filled) == []
    assert count >= held
    assert erase(filled) == 0


def test_what_is_erased_can_still_be_read(filled: Database) -> None:
    erase(filled)

    with filled.begin(write=False) as stores:
        [finding] = stores.findings.list("acme")
        space = stores.snapshots.space("acme", "8")
        people = stores.snapshots.directory("acme")
        [entry] = stores.log.entries("acme")
    assert finding.finding.principals[0].principal.id == "gus"
    assert finding.finding.principals[0].principal.display_name == ""
    assert finding.finding.resource.title == f"Offboarding {'*' * len(NAME.encode())}"
    assert space
    assert people
    assert (space.space.name, space.content.titles[1]) == ("", "Lunch")
    assert people.accounts["gus"] == replace(GUS, display_name="")
    assert entry.notice.detail == {"note": "*" * len(NAME)}


def test_nobody_else_is_erased(filled: Database) -> None:
    before = places(filled, OTHER)

    erase(filled)

    assert before
    assert places(filled, OTHER) == before


def test_nothing_of_it_is_left_in_a_file(
    filled: Database, engine: str, one_file: OneFile
) -> None:
    erase(filled)
    scrub(filled.engines.writer)

    if engine == "sqlite":
        files = one_file.path.parent.glob("casb.db*")
        written = b"".join(path.read_bytes() for path in files)
        assert len(written) > 1_000
        assert NAME.encode() not in written


def test_where_an_account_is_known_is_told(filled: Database) -> None:
    with filled.begin() as stores:
        erasure = stores.accounts.erase(["gus", "nobody"])

    assert erasure.sites_of == {"gus": frozenset(SITES)}


def test_what_somebody_noted_on_a_finding_goes_with_its_site(
    filled: Database,
) -> None:
    notes = metadata.tables["finding_notes"]
    with filled.begin(write=False) as stores:
        keys = [bytes.fromhex(it.id.replace("-", "")) for it in stores.findings.list()]
    with filled.engines.writer.begin() as connection:
        for key in keys:
            row = {"finding_id": key, "at": NOON, "by": "ada", "words": f"Ask {NAME}"}
            connection.execute(notes.insert().values(row))

    erase(filled)
    noted = places(filled)
    with filled.begin() as stores:
        stores.site_data.erase("acme")

    with filled.engines.reader.connect() as connection:
        left = connection.execute(select(notes.c.finding_id)).all()
    assert noted == []
    assert len(left) == 1


def test_an_erased_name_is_not_stored_again(filled: Database) -> None:
    erase(filled)
    gone = replace(GUS, account_status="closed")

    with filled.begin() as stores:
        finding = finding_on(
            "11", principal=Principal("gus", Audience.EXTERNAL, display_name=NAME)
        )
        change = Change(ChangeType.REFRESHED, tracked(finding, site_id="acme"))
        stores.findings.save([change])
        stores.snapshots.save_directory("acme", "scan-2", directory("acme", gone, ADA))
        stores.snapshots.save_space(
            "acme", "scan-2", replace(den(), content=ContentTable())
        )

    assert places(filled) == []


def test_the_name_of_an_active_account_is_stored_again(filled: Database) -> None:
    erase(filled)

    with filled.begin() as stores:
        stores.snapshots.save_directory("acme", "scan-2", directory("acme", GUS))
        stores.snapshots.save_space("acme", "scan-3", den())

    with filled.begin(write=False) as stores:
        people = stores.snapshots.directory("acme")
        space = stores.snapshots.space("acme", "8")
    assert people
    assert space
    assert people.accounts["gus"].display_name == space.space.name == NAME


def test_a_copy_that_is_only_too_old_is_not_barred(filled: Database) -> None:
    erase(filled, bar=False)

    with filled.begin() as stores:
        unsaid = replace(GUS, account_status="")
        stores.snapshots.save_directory("acme", "scan-2", directory("acme", unsaid))

    with filled.begin(write=False) as stores:
        people = stores.snapshots.directory("acme")
    assert people
    assert people.accounts["gus"].display_name == NAME


def due(begin: Begin, now: datetime) -> list[str]:
    with begin(write=False) as stores:
        return sorted(it.account_id for it in stores.accounts.to_report("acme", now))


def test_each_account_is_reported_once_a_cycle(filled: Database) -> None:
    before = due(filled.begin, NOON)

    with filled.begin() as stores:
        stores.accounts.reported(["gus"], NOON, NOON + 7 * DAY)

    assert before == ["ada", "gus"]
    assert due(filled.begin, NOON + 6 * DAY) == ["ada"]
    assert due(filled.begin, NOON + 7 * DAY) == ["ada", "gus"]


def test_whose_name_is_not_kept_is_not_reported(filled: Database) -> None:
    erase(filled)

    assert due(filled.begin, NOON) == ["ada"]


def test_a_report_says_when_the_copy_was_made(filled: Database) -> None:
    with filled.begin(write=False) as stores:
        copies = stores.accounts.to_report("acme", NOON)

    age = datetime.now(UTC) - copies[0].copied_at
    assert timedelta(0) <= age < timedelta(minutes=5)


def test_all_that_is_kept_of_a_site_goes_and_nothing_of_another(
    filled: Database,
) -> None:
    with filled.begin() as stores:
        stores.ledger.start("acme", (), NOON)
        cancelled = stores.site_data.cancel_scans("acme", NOON)
        stores.site_data.erase("acme")

    with filled.begin(write=False) as stores:
        assert stores.snapshots.directory("acme") is None
        assert list(stores.findings.list("acme")) == []
        assert stores.ledger.latest("acme") is None
        assert stores.installations.find("acme")
        assert len(list(stores.findings.list("beta"))) == 1
        assert stores.snapshots.item_counts("beta") == {"8": 2}
    assert cancelled == 1
