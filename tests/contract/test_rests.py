"""Scans and units that rest, and workers that die of a unit."""

from dataclasses import replace
from datetime import timedelta

import pytest

from connector.domain.errors import UnitInterruptedError
from connector.domain.scan import Scan, Unit, UnitKind, Urgency
from connector.domain.store_ports import Begin
from tests.contract.scanning import LEASE, NOW, TOO_LATE, claim, stage, start_scan

MINUTE = timedelta(minutes=1)


def scan_of(begin: Begin, scan_id: str) -> Scan:
    with begin(write=False) as stores:
        return stores.ledger.scan(scan_id)


def shard_of(begin: Begin, scan_id: str) -> Unit:
    with begin(write=False) as stores:
        return next(u for u in stores.ledger.units(scan_id) if u.id == "shard")


def test_a_unit_that_failed_rests_and_its_failures_are_counted(begin: Begin) -> None:
    scan_id = start_scan(begin, "shard")
    [unit] = claim(begin, scan_id)
    with begin() as stores:
        stores.ledger.release(unit, "me", "odd", rest_until=NOW + MINUTE)

    resting = claim(begin, scan_id, now=NOW + MINUTE / 2)
    [again] = claim(begin, scan_id, now=NOW + MINUTE)

    assert resting == []
    assert (again.failures, again.error) == (1, "odd")


def test_a_unit_that_is_only_given_back_has_not_failed(begin: Begin) -> None:
    scan_id = start_scan(begin, "shard")
    [unit] = claim(begin, scan_id)
    with begin() as stores:
        stores.ledger.release(unit, "me", "away")

    [again] = claim(begin, scan_id)

    assert (again.failures, again.deaths) == (0, 0)


def test_failures_outlast_the_steps_between_them(begin: Begin) -> None:
    scan_id = start_scan(begin, "shard")
    for number in range(2):
        [unit] = claim(begin, scan_id)
        unit = stage(begin, unit, f"page-{number}")
        with begin() as stores:
            stores.ledger.release(unit, "me", "odd", rest_until=NOW)

    assert shard_of(begin, scan_id).failures == 2


def test_a_lease_that_runs_out_is_a_death_until_the_next_step(begin: Begin) -> None:
    scan_id = start_scan(begin, "shard")
    claim(begin, scan_id, "first")
    claim(begin, scan_id, "second", now=TOO_LATE)
    [unit] = claim(begin, scan_id, "third", now=TOO_LATE + LEASE)

    assert unit.deaths == 2
    stage(begin, unit, "page", "third")
    assert shard_of(begin, scan_id).deaths == 0


def test_a_worker_known_to_be_dead_is_a_death_too(begin: Begin) -> None:
    scan_id = start_scan(begin, "shard")
    claim(begin, scan_id, "killed")
    with begin() as stores:
        stores.ledger.disown(scan_id, lambda owner: owner == "killed")

    [unit] = claim(begin, scan_id)

    assert unit.deaths == 1


def test_one_unit_can_be_claimed_by_its_name(begin: Begin) -> None:
    scan_id = start_scan(begin, "a", "b")
    wanted = Unit(scan_id, "b", UnitKind.SHARD)

    with begin() as stores:
        mine = stores.ledger.claim_one(wanted, "me", NOW, LEASE)
        theirs = stores.ledger.claim_one(wanted, "they", NOW, LEASE)

    assert mine is not None
    assert (mine.id, theirs) == ("b", None)


def test_the_site_unit_cannot_be_claimed_before_its_turn(begin: Begin) -> None:
    scan_id = start_scan(begin, "shard")
    with begin() as stores:
        [site] = [u for u in stores.ledger.units(scan_id) if u.id == "site"]
        assert stores.ledger.claim_one(site, "me", NOW, LEASE) is None


def test_a_resting_scan_is_not_open_until_its_rest_is_over(begin: Begin) -> None:
    scan = scan_of(begin, start_scan(begin))
    until = NOW + MINUTE
    with begin() as stores:
        stores.ledger.rest(
            replace(scan, rest_until=until, error="Atlassian is away.", setbacks=2)
        )

    with begin(write=False) as stores:
        assert stores.ledger.open_scans(NOW) == []
        [again] = stores.ledger.open_scans(until)
    assert (again.error, again.setbacks) == ("Atlassian is away.", 2)


def test_a_cancelled_scan_does_not_rest(begin: Begin) -> None:
    scan = scan_of(begin, start_scan(begin))
    with begin() as stores:
        stores.ledger.cancel(scan.id, NOW)
        stores.ledger.rest(replace(scan, rest_until=NOW, error="late"))

    assert scan_of(begin, scan.id).error == ""


def test_open_scans_come_the_most_urgent_first(begin: Begin) -> None:
    with begin() as stores:
        for site_id in ("acme", "beta"):
            stores.ledger.start(site_id, (), NOW, Urgency.SCHEDULED)
        stores.ledger.start("core", (), NOW, Urgency.INTERACTIVE)

    with begin(write=False) as stores:
        order = [scan.site_id for scan in stores.ledger.open_scans(NOW)]
    assert order == ["core", "acme", "beta"]


def test_a_scan_that_is_asked_for_again_becomes_as_urgent_and_wakes(
    begin: Begin,
) -> None:
    with begin() as stores:
        scan, _ = stores.ledger.start("acme", (), NOW, Urgency.SCHEDULED)
        stores.ledger.rest(replace(scan, rest_until=TOO_LATE, error="away"))
        again, was_running = stores.ledger.start("acme", (), NOW)
        stores.ledger.start("acme", (), NOW, Urgency.SCHEDULED)

    with begin(write=False) as stores:
        [open_] = stores.ledger.open_scans(NOW)
    assert was_running
    assert again.id == open_.id
    assert open_.urgency is Urgency.INTERACTIVE


def test_a_step_under_a_lost_lease_does_not_hide_a_death(begin: Begin) -> None:
    scan_id = start_scan(begin, "shard")
    [lost] = claim(begin, scan_id, "zombie")
    claim(begin, scan_id, "heir", now=TOO_LATE)

    with pytest.raises(UnitInterruptedError):
        stage(begin, lost, "page", "zombie")

    assert shard_of(begin, scan_id).deaths == 1


def test_who_asks_once_more_wakes_a_scan_that_was_urgent_already(begin: Begin) -> None:
    with begin() as stores:
        scan, _ = stores.ledger.start("acme", (), NOW)
        stores.ledger.rest(replace(scan, rest_until=TOO_LATE, error="away"))
        stores.ledger.start("acme", (), NOW, Urgency.SCHEDULED)
        before = stores.ledger.open_scans(NOW)
        stores.ledger.start("acme", (), NOW)

    with begin(write=False) as stores:
        assert [each.id for each in stores.ledger.open_scans(NOW)] == [scan.id]
    assert before == []
