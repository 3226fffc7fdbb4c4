from dataclasses import replace
from datetime import UTC, datetime, timedelta

from connector.domain.consent import LIFE, Consent, ConsentStatus, hash_of
from connector.domain.store_ports import Begin

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
CONSENT = Consent("attempt", hash_of("ticket"), NOW, "casb install", "acme.example")


def test_an_attempt_is_kept_as_it_was(begin: Begin) -> None:
    failed = replace(
        CONSENT, status=ConsentStatus.FAILED, error="It broke.", remedy="Try again."
    )
    with begin() as stores:
        stores.consents.save(CONSENT)
        stores.consents.save(failed)

    with begin(write=False) as stores:
        assert stores.consents.get("attempt") == failed
        assert stores.consents.get("another") is None


def test_a_ticket_works_once(begin: Begin) -> None:
    with begin() as stores:
        stores.consents.save(CONSENT)

    with begin() as stores:
        first = stores.consents.start(hash_of("ticket"), NOW)
        second = stores.consents.start(hash_of("ticket"), NOW)

    assert first == replace(CONSENT, status=ConsentStatus.STARTED)
    assert second is None


def test_an_unknown_ticket_starts_nothing(begin: Begin) -> None:
    with begin() as stores:
        stores.consents.save(CONSENT)

        assert stores.consents.start(hash_of("other"), NOW) is None


def test_a_ticket_that_is_too_old_starts_nothing(begin: Begin) -> None:
    with begin() as stores:
        stores.consents.save(CONSENT)

        assert stores.consents.start(hash_of("ticket"), NOW + LIFE) is None


def test_an_attempt_that_is_done_does_not_fail_any_more(begin: Begin) -> None:
    done = replace(CONSENT, status=ConsentStatus.DONE, site_id="acme-id")
    failed = replace(CONSENT, status=ConsentStatus.FAILED, error="It broke.")
    other = replace(failed, id="other", ticket_hash=hash_of("other"))
    with begin() as stores:
        stores.consents.save(done)
        stores.consents.save(replace(other, status=ConsentStatus.STARTED))

    with begin() as stores:
        assert not stores.consents.fail(failed)
        assert stores.consents.fail(other)

    with begin(write=False) as stores:
        assert stores.consents.get("attempt") == done
        assert stores.consents.get("other") == other


def test_old_attempts_are_forgotten_and_those_without_a_site_are_named(
    begin: Begin,
) -> None:
    done = Consent("done", hash_of("b"), NOW, status=ConsentStatus.DONE)
    fresh = Consent("fresh", hash_of("c"), NOW + timedelta(minutes=1))
    with begin() as stores:
        for consent in (CONSENT, done, fresh):
            stores.consents.save(consent)

        assert stores.consents.forget(NOW + timedelta(seconds=1)) == ("attempt",)
        assert stores.consents.get("done") is None
        assert stores.consents.get("fresh") == fresh
