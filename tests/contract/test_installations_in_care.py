"""Installations are found by what care asks for: due, of a grant, of an account."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from casb_sdk import Site
from connector.domain.consent import Consent
from connector.domain.installation import (
    Installation,
    InstallationState,
    TokenPair,
    Trail,
)
from connector.domain.store_ports import Begin
from tests.fakes.grants import grant_of

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
State = InstallationState


def installed(name: str, **changes: object) -> Installation:
    plain = Installation(name, Site(f"{name}-id", f"https://{name}.test"), "grant-1")
    return replace(plain, **changes)  # type: ignore[arg-type]


def save(begin: Begin, *installations: Installation) -> None:
    with begin() as stores:
        for installation in installations:
            stores.installations.save(installation)


def test_everything_about_a_life_comes_back_as_it_was(begin: Begin) -> None:
    trail = Trail(State.ACTIVE, State.DEGRADED, NOON, 3, 2, NOON, NOON + HOUR, NOON)
    whole = installed(
        "acme",
        state=State.SUSPENDED,
        reason="refused",
        permissions=7,
        due_at=NOON,
        ended_at=NOON + HOUR,
        trail=trail,
    )

    save(begin, whole)

    with begin() as stores:
        assert stores.installations.get("acme") == whole
        assert stores.installations.get("nobody") is None


def test_the_longest_due_come_first_and_the_rest_later(begin: Begin) -> None:
    save(
        begin,
        installed("now", due_at=NOON),
        installed("long", due_at=NOON - HOUR),
        installed("later", due_at=NOON + HOUR),
        installed("never", due_at=None),
        installed("gone", state=State.UNINSTALLED, due_at=NOON - 2 * HOUR),
    )

    with begin(write=False) as stores:
        due = [it.id for it in stores.installations.due(NOON, 10)]
        first = [it.id for it in stores.installations.due(NOON, 1)]

    assert due == ["gone", "long", "now"]
    assert first == ["gone"]


def test_only_live_sites_are_of_a_grant_and_of_an_account(begin: Begin) -> None:
    save(
        begin,
        installed("a", installing_account="mara"),
        installed("b", grant_id="grant-2", installing_account="mara"),
        installed("c", state=State.UNINSTALLED, installing_account="mara"),
        installed("d", installing_account="ada"),
    )

    with begin() as stores:
        of_grant = stores.installations.of_grant("grant-1", is_locked=True)
        of_account = stores.installations.of_account("mara")

    assert [it.id for it in of_grant] == ["a", "d"]
    assert [it.id for it in of_account] == ["a", "b"]


def test_a_name_leads_to_the_live_one_else_to_the_newest_that_ended(
    begin: Begin,
) -> None:
    site = Site("acme-id", "https://acme.test")
    ended = [
        installed(
            f"old-{n}", site=site, state=State.UNINSTALLED, ended_at=NOON + n * HOUR
        )
        for n in range(2)
    ]
    save(begin, *ended)
    with begin(write=False) as stores:
        newest = stores.installations.named("acme.test")
        [listed] = stores.listings.sites({"acme-id", "another"})
    save(begin, installed("new", site=site))

    with begin(write=False) as stores:
        live = stores.installations.named("acme-id")
        [listed_live] = stores.listings.sites({"acme-id"})
        all_of_it = {it.id for it in stores.installations.of_site("acme-id")}

    assert newest
    assert live
    assert (newest.id, live.id) == ("old-1", "new")
    assert (listed, listed_live) == (newest, live)
    assert all_of_it == {"old-0", "old-1", "new"}


@pytest.mark.parametrize("state", State)
def test_a_grant_that_nothing_uses_is_told(begin: Begin, state: State) -> None:
    pair = TokenPair("access", "refresh", NOON)
    with begin() as stores:
        for name in ("used", "pending", "unused"):
            stores.grants.save(grant_of(name, pair))
        stores.consents.save(Consent("pending", "hash", NOON))
    save(begin, installed("acme", grant_id="used", state=state))

    with begin(write=False) as stores:
        unused = set(stores.installations.unused_grants())

    assert unused == ({"unused", "used"} if state.has_ended else {"unused"})
