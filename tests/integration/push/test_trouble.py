"""Receivers that fail, hang or are gone: tries come again, nobody else waits."""

import time
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update

from connector.domain.webhook import (
    FAILED_TOO_LONG,
    GONE,
    TRIES,
    DeliveryState,
    WebhookState,
)
from connector.store.webhook_tables import webhooks
from tests.fakes.receiver import receiving
from tests.integration.push.push_world import SHORT, PushWorld

DELIVERED, FAILED = DeliveryState.DELIVERED, DeliveryState.FAILED
PENDING = DeliveryState.PENDING


@pytest.mark.parametrize(
    ("path", "status", "reason"),
    [
        ("/500", 500, "answered 500"),
        ("/404", 404, "answered 404"),
        ("/302", 302, "redirects are not followed"),
        ("/hangs", None, f"no answer within {SHORT:g} s"),
        ("/drips", None, f"no answer within {SHORT:g} s"),
        ("/closes", None, "closed the connection"),
    ],
)
def test_a_failed_try_says_why_and_comes_again(
    world: PushWorld, path: str, status: int | None, reason: str
) -> None:
    world.receiver.headers["Location"] = world.receiver.at("/200")
    signed = world.webhook(path)
    world.happens("1")

    pushed = world.push()

    [delivery] = world.log(signed)
    assert (pushed.delivered, pushed.failed) == (0, 1)
    assert (delivery.state, delivery.status) == (PENDING, status)
    assert reason in delivery.reason
    assert delivery.next_at - world.clock.now == timedelta(seconds=5)
    assert world.receiver.of("/200") == []


def test_a_slow_receiver_is_waited_for(world: PushWorld) -> None:
    signed = world.webhook("/slow")
    world.happens("1")

    world.push()

    assert [each.state for each in world.log(signed)] == [DELIVERED]


def test_a_receiver_that_is_away_is_asked_again_until_it_is_back(
    world: PushWorld,
) -> None:
    with receiving() as away:
        url = away.at("/200")
    signed = world.webhook("/200")
    world.manage.change(signed.webhook.id, lambda it: replace(it, url=url))
    world.happens("1")

    world.push()

    [delivery] = world.log(signed)
    assert delivery.reason == "The receiver takes no connection."
    back = world.receiver.at("/200")
    world.manage.change(signed.webhook.id, lambda it: replace(it, url=back))
    world.clock.turn(minutes=10)
    world.push()
    assert [each.state for each in world.log(signed)] == [DELIVERED]
    assert world.now_of(signed).failing_since is None


def test_eight_tries_in_about_three_days_and_then_no_more(world: PushWorld) -> None:
    signed = world.webhook("/500")
    world.happens("1")
    began = world.clock.now

    for _ in range(TRIES):
        world.push()
        [waiting] = world.log(signed)
        world.clock.now = max(waiting.next_at, world.clock.now + timedelta(hours=1))

    [delivery] = world.log(signed)
    assert delivery.tried_at is not None
    assert (delivery.state, delivery.attempts) == (FAILED, TRIES)
    assert timedelta(days=2.9) < delivery.tried_at - began < timedelta(days=3.1)
    world.clock.turn(days=1)
    world.push()
    assert len(world.receiver.of("/500")) == TRIES


def test_a_failing_receiver_is_left_alone_for_longer_and_longer(
    world: PushWorld,
) -> None:
    signed = world.webhook("/500")
    for number in range(30):
        world.happens(str(number))

    rests = []
    for _ in range(12):
        world.push()
        world.push()
        until = world.now_of(signed).rest_until
        assert until is not None
        rests.append(until - world.clock.now)
        world.clock.now = until

    assert rests[:3] == [timedelta(seconds=each) for each in (5, 10, 20)]
    assert rests[-1] == timedelta(hours=1)
    # Eight at first, side by side; from then on one at a time.
    assert len(world.receiver.got) == 8 + 11


def test_a_receiver_that_asks_for_a_pause_gets_it(world: PushWorld) -> None:
    world.receiver.headers["Retry-After"] = "7200"
    signed = world.webhook("/429")
    world.happens("1")
    world.push()

    world.happens("2")
    world.clock.turn(minutes=90)
    world.push()

    assert len(world.receiver.got) == 1
    [delivery] = world.log(signed)
    assert delivery.tried_at is not None
    assert delivery.next_at - delivery.tried_at == timedelta(hours=2)


def test_a_receiver_that_is_gone_is_not_asked_again(world: PushWorld) -> None:
    signed = world.webhook("/410")
    world.happens("1")
    world.happens("2")
    world.push()
    world.clock.turn(days=1)
    world.push()

    webhook = world.now_of(signed)

    assert (webhook.state, webhook.why) == (WebhookState.DISABLED, GONE)
    assert len(world.receiver.got) <= 2
    [alarm] = world.alarms
    assert signed.webhook.id in alarm.message
    assert "127.0.0.1" in alarm.message
    assert f"casb webhooks enable {signed.webhook.id}" in alarm.remedy


def test_five_days_without_success_disable_a_webhook(world: PushWorld) -> None:
    signed = world.webhook("/500")
    for day in range(6):
        world.happens(str(day))
        world.push()
        world.clock.turn(days=1)

    webhook = world.now_of(signed)

    assert (webhook.state, webhook.why) == (WebhookState.DISABLED, FAILED_TOO_LONG)
    assert len(world.alarms) == 1


def test_enabling_goes_on_where_it_stopped_and_ends_the_alarm(
    world: PushWorld,
) -> None:
    signed = world.webhook("/410")
    world.happens("1")
    world.push()
    world.happens("2")
    world.happens("3")
    world.receiver.answers["/410"] = 200

    world.manage.enable(signed.webhook.id)
    world.push()

    assert sorted(world.receiver.ids("/410")) == ["acme:1", "acme:2", "acme:3"]
    assert world.alarms == []


def test_enabling_from_now_leaves_out_what_was_missed(world: PushWorld) -> None:
    signed = world.webhook("/500")
    world.happens("1")
    world.push()
    world.manage.disable(signed.webhook.id)
    world.happens("2")
    world.receiver.answers["/500"] = 200

    world.manage.enable(signed.webhook.id, from_now=True)
    world.happens("3")
    world.push()

    assert world.receiver.ids("/500") == ["acme:1", "acme:3"]


def test_one_dead_receiver_stops_no_other(world: PushWorld) -> None:
    for number in range(12):
        world.webhook(f"/hangs?{number}")
    world.webhook("/200")
    for number in range(40):
        world.happens(str(number))
    world.be_patient(4.0)
    began = time.monotonic()

    world.push()

    assert len(world.receiver.of("/200")) == 40
    assert time.monotonic() - began < 12
    assert len(world.receiver.of("/hangs?0")) <= 8


def test_a_backlog_waits_in_the_feed_and_not_in_the_queue(world: PushWorld) -> None:
    signed = world.webhook("/500")
    for number in range(520):
        world.happens(str(number))

    world.push()

    view = world.manage.show(signed.webhook.id)
    assert view.pending == 500
    assert view.behind == 20
    assert not world.deliver.is_wanted()


def test_no_secret_and_no_address_stands_in_a_log(
    world: PushWorld, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    signed = world.webhook("/500?token=very-secret")
    world.webhook("/410?token=very-secret")
    world.happens("1")

    world.push()
    world.manage.test(signed.webhook.id)

    said = caplog.text + repr(world.manage.all()) + repr(signed)
    said += "".join(alarm.message + alarm.remedy for alarm in world.alarms)
    said += repr(world.log(signed))
    assert signed.secret not in said
    assert signed.secret.removeprefix("whsec_") not in said
    assert "very-secret" not in caplog.text
    assert not any("very-secret" in alarm.message for alarm in world.alarms)


def test_a_webhook_whose_key_is_lost_stops_no_other_and_can_be_mended(
    world: PushWorld, caplog: pytest.LogCaptureFixture
) -> None:
    lost, well = world.webhook("/200?lost"), world.webhook("/200?well")
    with world.database.engines.writer.begin() as connection:
        this = update(webhooks).where(webhooks.c.id == lost.webhook.id)
        connection.execute(this.values(sealed=b"under another key"))
    world.happens("1")

    world.push()

    assert world.receiver.ids("/200?lost") == []
    assert world.receiver.ids("/200?well") == ["acme:1"]
    assert f"casb webhooks rotate {lost.webhook.id}" in caplog.text
    assert not world.deliver.is_wanted()
    assert {view.webhook.id for view in world.manage.all()} == {
        lost.webhook.id,
        well.webhook.id,
    }
    world.manage.disable(lost.webhook.id)
    world.manage.rotate(lost.webhook.id)
    world.manage.enable(lost.webhook.id)
    world.push()
    assert world.receiver.ids("/200?lost") == ["acme:1"]


def test_a_client_that_is_deleted_takes_the_alarm_along(world: PushWorld) -> None:
    world.webhook("/410")
    world.happens("1")
    world.push()
    assert len(world.alarms) == 1

    world.clients.delete("siem")

    assert world.alarms == []
    assert world.manage.all() == []
