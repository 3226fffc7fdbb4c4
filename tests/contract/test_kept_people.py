"""People that a scan kept as they were are no older and no newer than they are."""

from datetime import UTC, datetime, timedelta

from casb_sdk import Directory, Site
from casb_sdk.model import Account
from connector.domain.freshness import SiteAge
from connector.domain.store_ports import Begin, Stores

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAY = timedelta(days=1)
GUS = Account("gus", "Gus Österlund", account_status="active")


def keep(stores: Stores, *accounts: Account, age: SiteAge | None = None) -> Directory:
    """Save a directory, and return it as it is kept."""
    people = {account.id: account for account in accounts}
    directory = Directory(Site("acme"), accounts=people)
    stores.snapshots.save_directory("acme", "scan", directory, age)
    kept = stores.snapshots.directory("acme")
    assert kept is not None
    return kept


def test_a_name_that_was_erased_stays_barred_where_its_account_was_only_kept(
    begin: Begin,
) -> None:
    with begin() as stores:
        keep(stores, GUS)
        stores.accounts.erase(["gus"], barred_at=NOON)
        erased = stores.snapshots.directory("acme")
        assert erased is not None

        keep(stores, *erased.accounts.values())
        closed = Account("gus", GUS.display_name, account_status="closed")
        seen_closed = keep(stores, closed)

    assert erased.accounts["gus"].account_status == "active"
    assert seen_closed.accounts["gus"].display_name == ""


def test_a_name_is_kept_again_once_its_account_is_read_anew(begin: Begin) -> None:
    with begin() as stores:
        keep(stores, GUS)
        stores.accounts.erase(["gus"], barred_at=NOON)

        assert keep(stores, GUS).accounts["gus"] == GUS


def test_a_copy_is_as_old_as_the_reading_of_the_people(begin: Begin) -> None:
    with begin() as stores:
        keep(stores, GUS, age=SiteAge(NOON, NOON - 3 * DAY))
        keep(stores, GUS)
        [copy] = stores.accounts.to_report("acme", NOON)

    assert (copy.account_id, copy.copied_at) == ("gus", NOON - 3 * DAY)
