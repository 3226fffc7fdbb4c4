"""A unit belongs to one worker at a time, and a late one changes nothing."""

import pytest

from connector.domain.errors import UnitInterruptedError
from connector.domain.scan import UnitStatus
from connector.domain.store_ports import Begin
from tests.contract.scanning import (
    IN_TIME,
    LEASE,
    TOO_LATE,
    claim,
    finish,
    stage,
    staged,
    start_scan,
)


def status_of(begin: Begin, scan_id: str, unit_id: str) -> UnitStatus:
    with begin(write=False) as stores:
        return next(u.status for u in stores.ledger.units(scan_id) if u.id == unit_id)


def test_the_directory_comes_first(begin: Begin) -> None:
    scan_id = start_scan(begin)

    [unit] = claim(begin, scan_id)

    assert unit.id == "directory"
    assert unit.attempts == 1


def test_the_site_comes_when_every_other_unit_is_done_or_parked(begin: Begin) -> None:
    scan_id = start_scan(begin, "shard-1", "shard-2")
    first, second = claim(begin, scan_id)

    finish(begin, first)
    assert claim(begin, scan_id) == []
    with begin() as stores:
        stores.ledger.park(second, "me", "the search broke")

    [site] = claim(begin, scan_id)
    assert site.id == "site"
    with begin(write=False) as stores:
        [parked] = [u for u in stores.ledger.units(scan_id) if u.id == second.id]
    assert parked.status is UnitStatus.PARKED
    assert parked.error == "the search broke"


def test_a_claim_takes_no_more_than_it_asks_for_and_the_freshest_first(
    begin: Begin,
) -> None:
    scan_id = start_scan(begin, "a", "b", "c")
    [tried] = claim(begin, scan_id, limit=1)
    with begin() as stores:
        stores.ledger.release(tried, "me", "not now")

    untried = claim(begin, scan_id, limit=2)
    [again] = claim(begin, scan_id, limit=2)

    assert [unit.id for unit in untried] == ["b", "c"]
    assert again.id == "a"
    assert again.attempts == 2
    assert again.error == "not now"


def test_a_leased_unit_is_nobody_elses_until_the_lease_ends(begin: Begin) -> None:
    scan_id = start_scan(begin, "shard")
    [mine] = claim(begin, scan_id, "me")

    assert claim(begin, scan_id, "you", now=IN_TIME) == []
    [yours] = claim(begin, scan_id, "you", now=TOO_LATE)

    assert yours.id == mine.id
    assert yours.attempts == 2


def test_the_units_of_the_dead_are_free_at_once_and_their_writes_are_refused(
    begin: Begin,
) -> None:
    scan_id = start_scan(begin, "a", "b", "c")
    [first] = claim(begin, scan_id, "victim", limit=1)
    first = stage(begin, first, "page-1", "victim")
    [kept] = claim(begin, scan_id, "alive", limit=1)
    [done] = claim(begin, scan_id, "victim", limit=1)
    finish(begin, done, "victim")

    with begin() as stores:
        stores.ledger.disown(scan_id, lambda owner: owner == "victim")

    [heritage] = claim(begin, scan_id, "heir")
    assert (heritage.id, heritage.cursor) == (first.id, "page-1")
    assert status_of(begin, scan_id, done.id) is UnitStatus.DONE
    finish(begin, kept, "alive")
    with pytest.raises(UnitInterruptedError):
        stage(begin, first, "page-2", "victim")


def test_a_lease_that_was_extended_lasts(begin: Begin) -> None:
    scan_id = start_scan(begin, "shard")
    [claimed] = claim(begin, scan_id, "me")
    stage(begin, claimed, "page-1")

    with begin() as stores:
        stores.ledger.extend(claimed, "me", TOO_LATE + LEASE)

    assert claim(begin, scan_id, "you", now=TOO_LATE) == []


def test_a_unit_goes_on_where_the_last_worker_left_off(begin: Begin) -> None:
    scan_id = start_scan(begin, "shard")
    [mine] = claim(begin, scan_id, "me")
    stage(begin, mine, "page-1")

    [yours] = claim(begin, scan_id, "you", now=TOO_LATE)
    stage(begin, yours, "page-2", "you")

    assert yours.cursor == "page-1"
    assert staged(begin, scan_id) == ["page-1", "page-2"]


def test_a_zombies_page_is_refused_and_leaves_nothing(begin: Begin) -> None:
    scan_id = start_scan(begin, "shard")
    [zombie] = claim(begin, scan_id, "zombie")
    [heir] = claim(begin, scan_id, "heir", now=TOO_LATE)

    with begin() as stores:
        stores.ledger.start("umbrella", (), TOO_LATE)
        with pytest.raises(UnitInterruptedError):
            stores.ledger.stage(zombie, "zombie", (), "page-1", TOO_LATE)
    with pytest.raises(UnitInterruptedError):
        stage(begin, zombie, "page-1", "zombie")

    assert staged(begin, scan_id) == []
    assert stage(begin, heir, "page-1", "heir").cursor == "page-1"


def test_a_zombie_can_neither_end_nor_keep_a_unit(begin: Begin) -> None:
    scan_id = start_scan(begin, "shard")
    [zombie] = claim(begin, scan_id, "zombie")
    claim(begin, scan_id, "heir", now=TOO_LATE)

    with pytest.raises(UnitInterruptedError), begin() as stores:
        stores.ledger.finish_unit(zombie, "zombie")
    with pytest.raises(UnitInterruptedError), begin() as stores:
        stores.ledger.park(zombie, "zombie", "late")
    with pytest.raises(UnitInterruptedError), begin() as stores:
        stores.ledger.release(zombie, "zombie")
    with pytest.raises(UnitInterruptedError), begin() as stores:
        stores.ledger.extend(zombie, "zombie", TOO_LATE)

    assert status_of(begin, scan_id, "shard") is UnitStatus.WAITING


def test_a_lease_lost_and_taken_again_by_the_same_owner_is_another(
    begin: Begin,
) -> None:
    scan_id = start_scan(begin, "shard")
    [before] = claim(begin, scan_id, "me")
    [after] = claim(begin, scan_id, "me", now=TOO_LATE)

    with pytest.raises(UnitInterruptedError):
        stage(begin, before, "page-1")

    assert stage(begin, after, "page-1").cursor == "page-1"


def test_a_page_counts_once(begin: Begin) -> None:
    scan_id = start_scan(begin, "shard")
    [unit] = claim(begin, scan_id)
    stage(begin, unit, "page-1")

    with pytest.raises(UnitInterruptedError):
        stage(begin, unit, "page-1 again", cursor="page-1")

    assert staged(begin, scan_id) == ["page-1"]


def test_a_unit_that_was_given_back_is_free_at_once(begin: Begin) -> None:
    scan_id = start_scan(begin, "shard")
    [mine] = claim(begin, scan_id, "me")
    with begin() as stores:
        stores.ledger.release(mine, "me")
        stores.ledger.release(mine, "me")

    [yours] = claim(begin, scan_id, "you")

    assert yours.id == mine.id


def test_ending_a_unit_again_changes_nothing(begin: Begin) -> None:
    scan_id = start_scan(begin, "done", "parked")
    done, parked = claim(begin, scan_id)

    for _ in range(2):
        with begin() as stores:
            stores.ledger.finish_unit(done, "me")
            stores.ledger.park(parked, "me", "broke")
    with pytest.raises(UnitInterruptedError), begin() as stores:
        stores.ledger.finish_unit(parked, "me")
    with pytest.raises(UnitInterruptedError), begin() as stores:
        stores.ledger.finish_unit(done, "you")

    assert status_of(begin, scan_id, "done") is UnitStatus.DONE
    assert status_of(begin, scan_id, "parked") is UnitStatus.PARKED


def test_what_else_a_step_wrote_goes_when_the_lease_is_lost(begin: Begin) -> None:
    scan_id = start_scan(begin, "shard")
    [zombie] = claim(begin, scan_id, "zombie")
    claim(begin, scan_id, "heir", now=TOO_LATE)

    def write_late() -> None:
        with begin() as stores:
            stores.ledger.start("umbrella", (), TOO_LATE)
            stores.ledger.finish_unit(zombie, "zombie")

    with pytest.raises(UnitInterruptedError):
        write_late()

    with begin(write=False) as stores:
        assert stores.ledger.latest("umbrella") is None


def test_workers_are_counted_while_they_hold_units(begin: Begin) -> None:
    scan_id = start_scan(begin, "a", "b", "c")
    first, _ = claim(begin, scan_id, "me", limit=2)
    claim(begin, scan_id, "you")

    with begin(write=False) as stores:
        counts = [
            stores.ledger.workers(site_id, now)
            for site_id, now in [
                ("acme", IN_TIME),
                ("other", IN_TIME),
                ("acme", TOO_LATE),
            ]
        ]
    finish(begin, first)
    with begin() as stores:
        stores.ledger.cancel(scan_id, IN_TIME)
        cancelled = stores.ledger.workers("acme", IN_TIME)

    assert counts == [2, 0, 0]
    assert cancelled == 0
