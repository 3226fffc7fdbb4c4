"""The list of all sites is what the single sites say, in a few questions for all."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from sqlalchemy import event

from casb_sdk import Severity, Site
from connector.domain.finding_state import Change, ChangeType, Status
from connector.domain.installation import Installation, InstallationState
from connector.domain.scan import ScanKind, ScanReport, ScanStatus
from connector.domain.store_ports import Begin
from connector.store.database import Database
from connector.use_cases.manage_sites import ManageSites
from tests.contract.finding_words import finding_on, tracked
from tests.contract.scanning import NOW, TOO_LATE

STATUSES = (ScanStatus.DONE, ScanStatus.DONE, ScanStatus.FAILED)


def connect(begin: Begin, name: str) -> None:
    site = Site(name, f"https://{name}.atlassian.example")
    with begin() as stores:
        stores.installations.save(Installation(f"installation-{name}", site, "grant"))


def scan(begin: Begin, name: str, *statuses: ScanStatus) -> None:
    for number, status in enumerate(statuses):
        with begin() as stores:
            started, _ = stores.ledger.start(name, (), NOW)
            done = replace(started, status=status, finished_at=TOO_LATE)
            stores.ledger.finish(ScanReport(done, items=number))


def find(begin: Begin, name: str, **severities: int) -> None:
    numbers = iter(range(1000))
    changes = [
        Change(
            ChangeType.CREATED,
            tracked(
                finding_on(str(next(numbers))),
                site_id=name,
                severity=Severity(severity),
            ),
        )
        for severity, count in severities.items()
        for _ in range(count)
    ]
    gone = tracked(finding_on("gone"), site_id=name)
    gone = replace(gone, status=Status.RESOLVED)
    with begin() as stores:
        stores.findings.save([*changes, Change(ChangeType.CREATED, gone)])


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    """Write down the statements that are read with."""
    statements: list[str] = []

    def note(*execution: object) -> None:
        statements.append(str(execution[2]))

    event.listen(database.engines.reader, "before_cursor_execute", note)
    yield statements
    event.remove(database.engines.reader, "before_cursor_execute", note)


def test_the_list_says_what_each_site_says(begin: Begin) -> None:
    for name in ("acme", "beta", "fresh"):
        connect(begin, name)
    scan(begin, "acme", *STATUSES)
    scan(begin, "beta", ScanStatus.FAILED)
    scan(begin, "stranger", ScanStatus.DONE)
    find(begin, "acme", low=2, critical=1)
    find(begin, "beta")
    sites = ManageSites(begin)

    overviews = sites.all()

    assert overviews == [sites.overview(name) for name in ("acme", "beta", "fresh")]
    acme, beta, fresh = overviews
    assert acme.last_scan is not None
    assert acme.last_scan.status is ScanStatus.FAILED
    assert acme.report is not None
    assert acme.report.items == 1
    assert list(acme.open_findings.by_severity.items()) == [("critical", 1), ("low", 2)]
    assert (beta.report, fresh.last_scan) == (None, None)


def test_a_site_installed_twice_is_listed_twice(begin: Begin) -> None:
    connect(begin, "acme")
    scan(begin, "acme", ScanStatus.DONE)
    with begin() as stores:
        [old] = stores.installations.all()
        stores.installations.save(replace(old, state=InstallationState.UNINSTALLED))
        stores.installations.save(replace(old, id="again"))

    first, second = ManageSites(begin).all()

    assert first.last_scan == second.last_scan is not None


def test_more_sites_take_no_more_questions(database: Database) -> None:
    sites = ManageSites(database.begin)
    connect(database.begin, "one")
    with counted(database) as for_one:
        sites.all()
    for number in range(20):
        connect(database.begin, f"site-{number}")

    with counted(database) as for_many:
        assert len(sites.all()) == 21

    assert len(for_many) <= len(for_one) <= 8


def test_the_newest_scan_of_a_kind_is_found_for_every_site(begin: Begin) -> None:
    kinds = (ScanKind.FULL, ScanKind.INCREMENTAL, ScanKind.INCREMENTAL)
    started = {}
    for name in ("acme", "beta", "never"):
        connect(begin, name)
    for name, count in (("acme", 3), ("beta", 1)):
        for kind in kinds[:count]:
            with begin() as stores:
                scan, _ = stores.ledger.start(name, (), NOW, kind=kind)
                stores.ledger.cancel(scan.id, TOO_LATE)
            started[name, kind] = scan.id

    with begin(write=False) as stores:
        newest = stores.ledger.latest_of_each()
        full = stores.ledger.latest_of_each(ScanKind.FULL)
        incremental = stores.ledger.latest_of_each(ScanKind.INCREMENTAL)

    assert {name: scan.id for name, scan in full.items()} == {
        "acme": started["acme", ScanKind.FULL],
        "beta": started["beta", ScanKind.FULL],
    }
    assert {scan.id for scan in incremental.values()} == {
        started["acme", ScanKind.INCREMENTAL]
    }
    assert newest == {"acme": incremental["acme"], "beta": full["beta"]}
