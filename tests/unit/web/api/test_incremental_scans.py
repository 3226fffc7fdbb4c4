"""What consumers are told of incremental scans."""

from dataclasses import replace
from datetime import timedelta

from connector.domain.freshness import Renewal
from connector.domain.scan import ScanKind, ScanReport, ScanStatus
from tests.unit.web.api.export_world import ACME, ExportWorld

DAY = timedelta(days=1)


def renewed(world: ExportWorld, renewal: Renewal | None, kind: ScanKind) -> None:
    """Let a scan of a kind come to its end."""
    with world.database.begin() as stores:
        scan, _ = stores.ledger.start(ACME, (), world.clock.now, kind=kind)
        done = replace(scan, status=ScanStatus.DONE, finished_at=world.clock.now)
        stores.ledger.finish(ScanReport(done, 3, 40, renewal=renewal))


def test_a_scan_says_of_which_kind_it_was_and_what_it_read_again(
    world: ExportWorld,
) -> None:
    siem = world.client(ACME)
    renewal = Renewal({"new": 1, "count": 2}, 196, 512, 3, 20, audited=True)
    renewed(world, None, ScanKind.FULL)
    renewed(world, renewal, ScanKind.INCREMENTAL)

    newest, first = world.get("/api/v1/scans", siem).get_json()["items"]

    assert (first["kind"], first["renewal"]) == ("full", None)
    assert newest["kind"] == "incremental"
    assert newest["renewal"] == {
        "whole": {"new": 1, "count": 2},
        "kept": 196,
        "changed": 512,
        "grants_read": 20,
        "groups_read": 3,
        "audited": True,
        "reason": None,
    }


def test_coverage_says_how_old_restrictions_and_members_are_at_most(
    world: ExportWorld,
) -> None:
    siem, now = world.client(ACME), world.clock.now
    renewal = Renewal(
        restrictions_as_of=now - 3 * DAY, members_as_of=now - timedelta(microseconds=1)
    )
    renewed(world, renewal, ScanKind.INCREMENTAL)

    [site] = world.get("/api/v1/sites", siem).get_json()["items"]
    [scan] = world.get("/api/v1/scans", siem).get_json()["items"]

    assert site["coverage"] == scan["coverage"]
    assert site["coverage"] == {
        "complete": True,
        "gaps": {},
        "restrictions_as_of": f"{now - 3 * DAY:%Y-%m-%dT%H:%M:%S.%fZ}",
        "members_as_of": f"{now - timedelta(microseconds=1):%Y-%m-%dT%H:%M:%S.%fZ}",
    }


def test_a_site_says_how_often_it_is_scanned_incrementally(world: ExportWorld) -> None:
    with world.database.begin() as stores:
        known = stores.installations.find(ACME)
        assert known
        settings = replace(known.settings, incremental_every="1h")
        stores.installations.save(replace(known, settings=settings))

    [site] = world.get("/api/v1/sites", world.client(ACME)).get_json()["items"]

    assert (site["scan_every"], site["incremental_every"]) == ("", "1h")
