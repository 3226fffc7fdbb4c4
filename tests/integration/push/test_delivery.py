"""Changes reach receivers over real HTTP, signed, once each if all goes well."""

from dataclasses import replace
from datetime import timedelta

import pytest
from standardwebhooks.webhooks import Webhook as StandardWebhook
from standardwebhooks.webhooks import WebhookVerificationError

from casb_sdk import Severity
from connector.domain.client import Scope
from connector.domain.errors import UsageError
from connector.domain.export_forms import Form, SchemaName
from connector.domain.finding_state import ChangeType
from connector.domain.webhook import DeliveryState, Wrapping
from tests.integration.push.push_world import ACME, PushWorld, severe

DELIVERED, FAILED = DeliveryState.DELIVERED, DeliveryState.FAILED


def test_a_change_is_delivered_and_its_signature_holds(world: PushWorld) -> None:
    signed = world.webhook("/200")
    world.happens("1")

    pushed = world.push()

    [got] = world.receiver.of("/200")
    assert (pushed.delivered, pushed.failed) == (1, 0)
    # The library asks the machine's clock, ours stands still.
    world.clock.now = world.clock.now.now(world.clock.now.tzinfo)
    world.happens("2")
    world.push()
    got = world.receiver.of("/200")[-1]
    verified = StandardWebhook(signed.secret).verify(got.body, got.headers)
    assert verified["type"] == "finding.created"
    assert verified["data"]["resource"]["title"] == "Page 2"
    assert got.id == verified["data"]["event_id"]


def test_a_body_that_was_changed_on_its_way_is_told(world: PushWorld) -> None:
    world.clock.now = world.clock.now.now(world.clock.now.tzinfo)
    signed = world.webhook("/200")
    world.happens("1")
    world.push()

    [got] = world.receiver.of("/200")

    with pytest.raises(WebhookVerificationError):
        StandardWebhook(signed.secret).verify(got.body + b" ", got.headers)


def test_each_change_is_delivered_once(world: PushWorld) -> None:
    signed = world.webhook("/200")
    for number in range(20):
        world.happens(str(number))

    world.push()
    world.push()

    assert sorted(set(world.receiver.ids("/200"))) == sorted(world.receiver.ids("/200"))
    assert len(world.receiver.of("/200")) == 20
    assert [each.state for each in world.log(signed)] == [DELIVERED] * 20
    assert not world.deliver.is_wanted()


def test_what_was_there_before_is_pushed_only_on_demand(world: PushWorld) -> None:
    world.happens("1")
    world.webhook("/200?fresh")
    world.webhook("/200?all", from_start=True)
    world.happens("2")

    world.push()

    assert len(world.receiver.of("/200?fresh")) == 1
    assert len(world.receiver.of("/200?all")) == 2


def test_a_webhook_hears_of_its_clients_sites_alone(world: PushWorld) -> None:
    world.webhook("/200?acme", "acme's", ACME)
    world.webhook("/200?umbrella", "umbrella's", "umbrella")
    world.happens("1", "acme")
    world.happens("2", "umbrella")

    world.push()

    assert [e.document["data"]["site_id"] for e in world.receiver.of("/200?acme")] == [
        "acme"
    ]
    assert [g.id for g in world.receiver.of("/200?umbrella")] == ["umbrella:2"]


def test_a_finding_that_leaves_the_filter_is_told_once_more(world: PushWorld) -> None:
    world.webhook("/200", wanted=severe(Severity.HIGH))
    world.happens("1")
    world.weakens("1", Severity.LOW)
    world.happens("1", type_=ChangeType.RESOLVED)

    world.push()

    told = [each.document for each in world.receiver.of("/200")]
    types = {(each["type"], each["data"].get("left_filter")) for each in told}
    assert types == {("finding.created", None), ("finding.severity_changed", True)}


def test_ocsf_is_pushed_too(world: PushWorld) -> None:
    world.webhook("/200", form=Form(SchemaName.OCSF, "1.3.0"))
    world.happens("1")

    world.push()

    [got] = world.receiver.of("/200")
    assert got.document["data"]["metadata"]["version"] == "1.3.0"
    assert got.document["data"]["metadata"]["uid"] == got.id


def test_a_cloud_event_is_structured_and_signed(world: PushWorld) -> None:
    world.clock.now = world.clock.now.now(world.clock.now.tzinfo)
    signed = world.webhook("/200", wrapping=Wrapping.CLOUDEVENTS)
    finding = world.happens("1")

    world.push()

    [got] = world.receiver.of("/200")
    event = StandardWebhook(signed.secret).verify(got.body, got.headers)
    assert got.headers["content-type"].startswith("application/cloudevents+json")
    assert event["specversion"] == "1.0"
    assert event["id"] == got.id == "acme:1"
    assert event["type"] == "finding.created"
    assert event["subject"] == finding.id
    assert event["source"] == "https://casb.example/api/v1/findings/changes"
    assert event["data"]["id"] == finding.id


def test_evidence_goes_only_to_those_who_may_have_it(world: PushWorld) -> None:
    world.webhook("/200?without")
    world.webhook("/200?with", form=Form(with_evidence=True))
    world.happens("1")

    world.push()

    [without] = world.receiver.of("/200?without")
    [with_] = world.receiver.of("/200?with")
    assert "account_id" not in without.document["data"]["principals"][0]
    assert with_.document["data"]["principals"][0]["account_id"] == "gus"


def test_both_secrets_sign_while_one_takes_the_place_of_the_other(
    world: PushWorld,
) -> None:
    world.clock.now = world.clock.now.now(world.clock.now.tzinfo)
    before = world.webhook("/200")
    after = world.manage.rotate(before.webhook.id)
    world.happens("1")

    world.push()

    [got] = world.receiver.of("/200")
    for signed in (before, after):
        StandardWebhook(signed.secret).verify(got.body, got.headers)
    world.clock.turn(hours=25)
    world.happens("2")
    world.push()
    [signature] = world.receiver.of("/200")[-1].headers["webhook-signature"].split()
    assert signature.startswith("v1,")


def test_a_disabled_client_gets_nothing_until_it_is_enabled(world: PushWorld) -> None:
    signed = world.webhook("/200")
    client = world.clients.show("siem").client
    with world.database.begin() as stores:
        stores.clients.save(replace(client, disabled_at=world.clock.now))
    world.happens("1")

    assert not world.deliver.is_wanted()
    world.push()

    assert world.receiver.got == []
    assert world.log(signed) == []


def test_a_client_without_the_scope_cannot_have_a_webhook(world: PushWorld) -> None:
    world.client(name="poor", scopes=frozenset({Scope.FINDINGS_READ}))

    with pytest.raises(UsageError, match="webhooks:write"):
        world.webhook("/200", "poor")


def test_a_test_delivery_is_signed_and_logged(world: PushWorld) -> None:
    world.clock.now = world.clock.now.now(world.clock.now.tzinfo)
    signed = world.webhook("/200")

    tried = world.manage.test(signed.webhook.id)

    [got] = world.receiver.of("/200")
    assert StandardWebhook(signed.secret).verify(got.body, got.headers)["type"] == (
        "webhook.test"
    )
    assert (tried.state, tried.status) == (DELIVERED, 200)
    assert [each.type for each in world.log(signed)] == ["webhook.test"]


def test_a_delivery_can_be_asked_for_again(world: PushWorld) -> None:
    signed = world.webhook("/200")
    world.happens("1")
    world.push()
    [delivery] = world.log(signed)

    world.manage.redeliver(signed.webhook.id, delivery.id)
    world.clock.turn(seconds=1)
    world.push()

    assert world.receiver.ids("/200") == ["acme:1", "acme:1"]
    [after] = world.log(signed)
    assert (after.state, after.attempts) == (DELIVERED, 1)


def test_what_is_no_longer_there_is_not_sent(world: PushWorld) -> None:
    signed = world.webhook("/500")
    world.happens("1")
    world.push()
    with world.database.begin() as stores:
        stores.feed.compact(world.clock.now + timedelta(days=1), world.clock.now)
        stores.site_data.erase("umbrella")
    world.manage.change(
        signed.webhook.id, lambda it: replace(it, wanted=severe(Severity.CRITICAL))
    )
    world.clock.turn(minutes=1)

    world.push()

    [delivery] = world.log(signed)
    assert delivery.state is FAILED
    assert "no longer wanted" in delivery.reason
    assert len(world.receiver.got) == 1
