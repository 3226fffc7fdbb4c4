"""When a delivery is tried again, and when a webhook is disabled."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.client import Client, Scope
from connector.domain.export_forms import Form
from connector.domain.feed import FeedFilter
from connector.domain.webhook import (
    FAILED_TOO_LONG,
    GONE,
    LONGEST_REST,
    LONGEST_WAIT_ASKED_FOR,
    TRIES,
    WAITS,
    Answer,
    Delivery,
    DeliveryState,
    Webhook,
    WebhookState,
    delivery_after,
    disabled,
    enabled,
    may_be_served,
    wait_after,
    webhook_after,
    webhook_after_round,
)
from connector.domain.webhook_signature import WebhookSecret, signature_headers

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
WEBHOOK = Webhook("w", "c", "https://example.com/", NOW)
DELIVERY = Delivery("d", "w", "acme:1", "finding.created", "acme", 1, NOW, NOW, NOW)
OK, BROKEN, MUTE = Answer(200), Answer(500, "broken"), Answer(None, "mute")
NEEDED = frozenset({Scope.WEBHOOKS_WRITE, Scope.FINDINGS_READ})
CLIENT = Client("c", "siem", frozenset({"acme", "umbrella"}), NEEDED, NOW)


def test_there_are_eight_tries_in_about_three_days() -> None:
    waits = [wait_after(attempts, 0.5) for attempts in range(1, TRIES)]

    assert TRIES == 8
    assert waits == list(WAITS)
    assert timedelta(hours=70) < sum(WAITS, timedelta()) < timedelta(hours=74)
    assert wait_after(TRIES, 0.5) is None


@given(st.integers(1, TRIES - 1), st.floats(0, 1))
def test_chance_spreads_a_wait_by_a_tenth_each_way(
    attempts: int, chance: float
) -> None:
    wait = wait_after(attempts, chance)

    assert wait is not None
    assert 0.9 <= wait / WAITS[attempts - 1] <= 1.1


@pytest.mark.parametrize(
    ("status", "is_delivered"),
    [(200, True), (204, True), (299, True), (199, False), (300, False), (None, False)],
)
def test_only_two_hundreds_are_success(status: int | None, is_delivered: bool) -> None:
    assert Answer(status).is_delivered is is_delivered


def test_a_delivery_that_arrived_is_over() -> None:
    after = delivery_after(DELIVERY, OK, NOW, 0.5)

    assert (after.state, after.attempts) == (DeliveryState.DELIVERED, 1)


def test_a_delivery_that_failed_waits_and_says_why() -> None:
    after = delivery_after(DELIVERY, BROKEN, NOW, 0.5)

    assert after.state is DeliveryState.PENDING
    assert (after.status, after.reason) == (500, "broken")
    assert after.next_at == NOW + WAITS[0]


def test_the_last_try_fails_for_good() -> None:
    after = delivery_after(replace(DELIVERY, attempts=TRIES - 1), MUTE, NOW, 0.5)

    assert (after.state, after.attempts) == (DeliveryState.FAILED, TRIES)


def test_a_pause_that_is_asked_for_is_kept_but_not_for_ever() -> None:
    hour = Answer(503, "", timedelta(hours=1))
    year = Answer(503, "", timedelta(days=365))

    assert delivery_after(DELIVERY, hour, NOW, 0.5).next_at == NOW + timedelta(hours=1)
    after = delivery_after(DELIVERY, year, NOW, 0.5)
    assert after.next_at == NOW + LONGEST_WAIT_ASKED_FOR


def test_a_failing_receiver_rests_longer_each_time_up_to_an_hour() -> None:
    webhook, rests = WEBHOOK, []
    for _ in range(40):
        webhook = webhook_after(webhook, BROKEN, NOW)
        assert webhook.rest_until is not None
        rests.append(webhook.rest_until - NOW)

    assert rests == sorted(rests)
    assert rests[0] == timedelta(seconds=5)
    assert rests[-1] == LONGEST_REST


def test_a_success_forgets_the_failures() -> None:
    failing = webhook_after(WEBHOOK, BROKEN, NOW)

    assert webhook_after(failing, OK, NOW) == WEBHOOK


def test_tries_side_by_side_fail_as_one() -> None:
    pause = Answer(503, "", timedelta(minutes=3))

    failed = webhook_after_round(WEBHOOK, [BROKEN, pause, MUTE], NOW)
    mixed = webhook_after_round(failed, [BROKEN, OK, BROKEN], NOW + timedelta(days=1))

    assert failed.failures == 1
    assert failed.rest_until == NOW + timedelta(minutes=3)
    assert (mixed.failures, mixed.failing_since) == (1, NOW + timedelta(days=1))
    assert webhook_after_round(failed, [OK, OK], NOW) == WEBHOOK
    assert webhook_after_round(WEBHOOK, [], NOW) == WEBHOOK
    assert not webhook_after_round(WEBHOOK, [OK, Answer(410), BROKEN], NOW).is_active


def test_a_410_disables_at_once() -> None:
    gone = Answer(410)

    webhook = webhook_after(WEBHOOK, gone, NOW)

    assert (webhook.state, webhook.why) == (WebhookState.DISABLED, GONE)
    assert delivery_after(DELIVERY, gone, NOW, 0.5).state is DeliveryState.FAILED


def test_five_days_of_failures_disable_and_less_does_not() -> None:
    failing = webhook_after(WEBHOOK, MUTE, NOW)
    almost = webhook_after(failing, MUTE, NOW + timedelta(days=5, seconds=-1))

    over = webhook_after(almost, MUTE, NOW + timedelta(days=5))

    assert almost.is_active
    assert (over.state, over.why) == (WebhookState.DISABLED, FAILED_TOO_LONG)


def test_a_success_in_between_starts_the_five_days_anew() -> None:
    failing = webhook_after(WEBHOOK, MUTE, NOW)
    well = webhook_after(failing, OK, NOW + timedelta(days=4))

    assert webhook_after(well, MUTE, NOW + timedelta(days=6)).is_active


def test_enabling_forgets_everything() -> None:
    failing = disabled(webhook_after(WEBHOOK, BROKEN, NOW), "so")

    assert enabled(failing) == WEBHOOK


def test_a_webhook_sees_no_more_sites_than_its_client() -> None:
    wanted = FeedFilter(site_ids=frozenset({"acme", "foreign"}))

    narrow = replace(WEBHOOK, wanted=wanted)

    assert WEBHOOK.wanted_of(CLIENT).site_ids == CLIENT.site_ids
    assert narrow.wanted_of(CLIENT).site_ids == frozenset({"acme"})


def test_a_webhook_has_evidence_only_while_its_client_may() -> None:
    webhook = replace(WEBHOOK, form=Form(with_evidence=True))
    trusted = replace(CLIENT, scopes=NEEDED | {Scope.FINDINGS_EVIDENCE})

    assert not webhook.form_of(CLIENT).with_evidence
    assert webhook.form_of(trusted).with_evidence


def test_whose_webhooks_are_served() -> None:
    assert may_be_served(CLIENT)
    assert not may_be_served(None)
    assert not may_be_served(replace(CLIENT, disabled_at=NOW))
    assert not may_be_served(replace(CLIENT, scopes=frozenset({Scope.FINDINGS_READ})))


def test_the_signature_is_that_of_the_standard() -> None:
    # The example of the Standard Webhooks specification's reference libraries.
    secret = WebhookSecret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", NOW)
    at = datetime.fromtimestamp(1614265330, UTC)

    headers = signature_headers(
        "msg_p5jXN8AQM9LWM0D4loKWxJek", b'{"test": 2432232314}', [secret], at
    )

    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_a_secret_that_ended_signs_no_more() -> None:
    fresh = WebhookSecret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", NOW)
    ending = replace(fresh, ends_at=NOW + timedelta(hours=1))

    during = signature_headers("1", b"", [ending, fresh], NOW)
    after = signature_headers("1", b"", [ending, fresh], NOW + timedelta(hours=1))

    assert len(during["webhook-signature"].split()) == 2
    assert len(after["webhook-signature"].split()) == 1


def test_a_secret_does_not_show() -> None:
    secret = WebhookSecret("whsec_hidden", NOW)

    assert "hidden" not in repr(replace(WEBHOOK, secrets=(secret,)))
    assert "hidden" not in repr(secret)
