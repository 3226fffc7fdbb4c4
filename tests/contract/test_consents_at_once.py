"""Consents, and what changes a site at the same moment: neither undoes the other."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from casb_sdk import Site
from connector.domain.consent import ConsentStatus
from connector.domain.errors import ConflictError, ConsentError, DeadGrantError
from connector.domain.grant import Grant
from connector.domain.installation import Installation, InstallationState
from connector.domain.store_ports import Begin, Stores
from connector.use_cases.bury_grant import bury_grant
from tests.fakes.atlassian_sites import ACME, BETA
from tests.fakes.grants import grant_of
from tests.unit.use_cases.installing import NOW, World, pair

PATIENCE = 30.0
A_WHILE = 1.0
"""Long enough for the other to come to where it has to wait."""


@contextmanager
def at_once(begin: Begin, change: Callable[[Stores], None]) -> Iterator[None]:
    """Let the block begin while a change is made and not yet committed."""
    is_made = threading.Event()

    def make() -> None:
        with begin() as stores:
            change(stores)
            is_made.set()
            time.sleep(A_WHILE)

    maker = threading.Thread(target=make)
    maker.start()
    assert is_made.wait(PATIENCE)
    try:
        yield
    finally:
        maker.join(PATIENCE)


def moved(stores: Stores, installation: Installation, **changes: object) -> None:
    current = stores.installations.get(installation.id)
    assert current
    stores.installations.save(replace(current, **changes))  # type: ignore[arg-type]


def test_of_two_first_installations_of_a_site_one_is_told_of_the_other(
    begin: Begin,
) -> None:
    first = Installation("first", Site("acme-id", "https://acme.test"), "grant-1")

    with (
        at_once(begin, lambda stores: stores.installations.save(first)),
        pytest.raises(ConflictError, match="is installed already"),
        begin() as stores,
    ):
        stores.installations.save(replace(first, id="second"))


def test_a_consent_keeps_the_settings_that_were_changed_meanwhile(begin: Begin) -> None:
    world = World(begin)
    world.connect()
    known = world.installation()
    settings = replace(known.settings, scan_every="12h")

    with at_once(begin, lambda stores: moved(stores, known, settings=settings)):
        world.connect(tokens=pair("second"))

    after = world.installation()
    assert after.settings == settings
    assert after.grant_id != known.grant_id


def test_a_consent_brings_no_site_back_that_is_being_uninstalled(begin: Begin) -> None:
    world = World(begin)
    world.connect()
    known = world.installation()
    leaving = {"state": InstallationState.UNINSTALLING, "grant_id": ""}

    with (
        at_once(begin, lambda stores: moved(stores, known, **leaving)),
        pytest.raises(ConflictError, match="is being uninstalled"),
    ):
        world.connect(tokens=pair("second"))

    assert world.installation().state is InstallationState.UNINSTALLING


def test_a_dead_grant_is_no_matter_of_a_site_that_got_another_meanwhile(
    begin: Begin,
) -> None:
    world = World(begin)
    world.sites.sites = (ACME, BETA)
    world.connect(ACME.site.url)
    world.connect(BETA.site.url)
    dying = leased(begin, world.installation().grant_id)

    with at_once(
        begin, lambda stores: moved(stores, world.installation(), grant_id="g")
    ):
        bury_grant(begin, dying, "owner", DeadGrantError("It is dead."), NOW)

    assert world.installation(ACME).state is InstallationState.ACTIVE
    assert world.installation(BETA).state is InstallationState.REAUTH_REQUIRED


def leased(begin: Begin, grant_id: str) -> Grant:
    with begin() as stores:
        grant = stores.grants.get(grant_id)
        assert grant
        lease = stores.grants.lease(grant_id, grant.generation, "owner", NOW, NOW)
        assert lease
        stores.grants.save(grant_of("g", pair("another")))
    return lease


def test_a_call_back_that_comes_twice_takes_no_tokens_away(begin: Begin) -> None:
    world = World(begin)
    consent_id = world.started()
    world.install.finish(consent_id, pair())
    with begin(write=False) as stores:
        done = stores.consents.get(consent_id)
    assert done
    with begin() as stores:
        stores.consents.save(replace(done, status=ConsentStatus.STARTED))

    with at_once(begin, lambda stores: stores.consents.save(done)):
        world.install.fail(consent_id, ConsentError("The code was used before."))

    assert world.install.attempt(consent_id) == done
    assert world.tokens(consent_id) == pair()
