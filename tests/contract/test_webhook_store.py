"""Webhooks and deliveries are kept alike by both databases."""

from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import select

from casb_sdk import Severity
from connector.domain.export_forms import Form, SchemaName
from connector.domain.feed import FeedFilter
from connector.domain.finding_state import Status
from connector.domain.store_ports import Begin
from connector.domain.webhook import (
    MOST_PENDING,
    Answer,
    DeliveryState,
    Wrapping,
    delivery_after,
    disabled,
)
from connector.store.database import Database
from connector.store.seal import Seal
from connector.store.webhook_tables import webhooks as table
from connector.use_cases.rotate_keys import KeyUse, RotateKeys
from tests.contract.push_words import (
    NOW,
    SECRET,
    SOON,
    client_of,
    delivery_of,
    happen,
    keep,
    webhook_of,
)
from tests.fakes.stores import TOKEN_KEY

HOSTILE = "\0 \ud83d \ufdd0 ' \" \n \\ é 🙈 \x7f"
RICH = webhook_of(
    url="https://x.example.com/?token=a",
    wanted=FeedFilter(
        frozenset({"acme"}),
        frozenset({"external_access"}),
        frozenset({"page"}),
        Severity.HIGH,
        frozenset({Status.OPEN}),
        with_implied=False,
    ),
    form=Form(SchemaName.OCSF, "1.8.0", 2008, with_evidence=True),
    wrapping=Wrapping.CLOUDEVENTS,
    secrets=(replace(SECRET, ends_at=SOON), SECRET),
    created_by=HOSTILE,
    position=7,
    failures=3,
    failing_since=NOW,
    rest_until=SOON,
)


def test_a_webhook_comes_back_as_it_was(begin: Begin) -> None:
    keep(begin, RICH, webhook_of("plain"))

    with begin(write=False) as stores:
        assert stores.webhooks.get("hook") == RICH
        assert stores.webhooks.get("nobody") is None
        assert stores.webhooks.all() == [RICH, webhook_of("plain")]
        assert stores.webhooks.of_client("siem") == stores.webhooks.all()
        assert stores.webhooks.of_client("other") == []


def test_a_change_leaves_the_position(begin: Begin) -> None:
    keep(begin, RICH)
    changed = disabled(replace(RICH, url="https://y.example.com/", position=0), "so")

    with begin() as stores:
        stores.webhooks.change(changed)

    with begin(write=False) as stores:
        assert stores.webhooks.get("hook") == replace(changed, position=7)


def test_secrets_are_encrypted_for_their_webhook(
    begin: Begin, database: Database
) -> None:
    keep(begin, webhook_of())

    with database.engines.reader.connect() as connection:
        [row] = connection.execute(select(table)).all()

    assert SECRET.text.encode() not in row.sealed
    assert b"whsec" not in row.sealed
    assert b"whsec" in database.seal.open("webhook:hook", row.sealed)


def test_keys_rotate_under_webhooks_too(database: Database) -> None:
    new = Fernet.generate_key().decode()
    keep(database.begin, webhook_of())
    rotating = Database(database.engines, Seal.of([new, TOKEN_KEY]))

    rotation = RotateKeys(rotating.begin)()

    assert (rotation.before, rotation.after) == (KeyUse({1: 1}), KeyUse({0: 1}))
    only_new = Database(database.engines, Seal.of([new]))
    with only_new.begin(write=False) as stores:
        assert stores.webhooks.get("hook") == webhook_of()
    lost = RotateKeys(Database(database.engines, Seal.of([TOKEN_KEY])).begin).look()
    assert lost.lost == ("webhook hook",)


def test_what_is_due(begin: Begin) -> None:
    keep(
        begin,
        webhook_of("behind"),
        webhook_of("done", position=1),
        webhook_of("resting", rest_until=SOON),
        disabled(webhook_of("off"), "so"),
    )
    happen(begin)

    with begin(write=False) as stores:
        assert stores.webhooks.due(NOW, 9) == ["behind"]
        assert set(stores.webhooks.due(SOON, 9)) == {"behind", "resting"}
        assert len(stores.webhooks.due(SOON, 1)) == 1


def test_a_delivery_is_due_when_its_time_has_come(begin: Begin) -> None:
    keep(begin, webhook_of())
    with begin() as stores:
        stores.deliveries.add([delivery_of(1, next_at=SOON), delivery_of(2)])

    with begin(write=False) as stores:
        assert [each.seq for each in stores.deliveries.next("hook", NOW, 9)] == [2]
        assert [each.seq for each in stores.deliveries.next("hook", SOON, 9)] == [2, 1]
        assert stores.webhooks.due(NOW, 9) == ["hook"]


def test_a_queue_that_is_full_takes_no_more_of_the_feed(begin: Begin) -> None:
    keep(begin, webhook_of())
    happen(begin)
    with begin() as stores:
        stores.deliveries.add(
            [delivery_of(seq, next_at=SOON) for seq in range(MOST_PENDING)]
        )

    with begin(write=False) as stores:
        assert stores.webhooks.due(NOW, 9) == []
        assert stores.webhooks.due(SOON, 9) == ["hook"]
        assert stores.deliveries.pending("hook") == MOST_PENDING


def test_a_client_that_is_disabled_is_not_served(begin: Begin) -> None:
    keep(begin, webhook_of())
    happen(begin)
    with begin() as stores:
        stores.clients.save(replace(client_of(), disabled_at=NOW))

    with begin(write=False) as stores:
        assert stores.webhooks.due(NOW, 9) == []


def test_a_client_that_goes_takes_its_webhooks_along(begin: Begin) -> None:
    keep(begin, webhook_of())
    with begin() as stores:
        stores.deliveries.add([delivery_of(1)])
        stores.clients.delete("siem")

    with begin(write=False) as stores:
        assert stores.webhooks.all() == []
        assert stores.deliveries.latest("hook", 9) == []


def test_who_was_served_last_is_served_last(begin: Begin) -> None:
    keep(begin, webhook_of("a"), webhook_of("b"))
    happen(begin)
    with begin() as stores:
        assert stores.webhooks.lease("a", "me", NOW, SOON)
        stores.webhooks.release("a", "me", NOW)

    with begin(write=False) as stores:
        assert stores.webhooks.due(SOON, 9) == ["b", "a"]


def test_no_change_is_delivered_twice_to_one_webhook(begin: Begin) -> None:
    keep(begin, webhook_of(), webhook_of("other"))

    with begin() as stores:
        stores.deliveries.add([delivery_of(1), delivery_of(2)])
        stores.deliveries.add([replace(delivery_of(1), id="again"), delivery_of(3)])
        stores.deliveries.add([delivery_of(1, "other")])

    with begin(write=False) as stores:
        assert [each.seq for each in stores.deliveries.latest("hook", 9)] == [3, 2, 1]
        assert len(stores.deliveries.latest("other", 9)) == 1


def test_what_came_of_a_try_is_kept(begin: Begin) -> None:
    keep(begin, webhook_of())
    with begin() as stores:
        stores.deliveries.add([delivery_of(1), delivery_of(2)])
        [one, two] = stores.deliveries.next("hook", NOW, 9)
        failed = delivery_after(one, Answer(500, HOSTILE), NOW, 0.5)
        arrived = delivery_after(two, Answer(200), NOW, 0.5)
        stores.deliveries.settle([failed, arrived])

    with begin(write=False) as stores:
        assert stores.deliveries.latest("hook", 9) == [arrived, failed]
        pending = {DeliveryState.PENDING}
        assert stores.deliveries.latest("hook", 9, pending) == [failed]
        assert stores.deliveries.latest("hook", 9, before=two.number) == [failed]
        assert stores.deliveries.get("hook", "hook-1") == failed
        assert stores.deliveries.get("other", "hook-1") is None


def test_who_asks_again_meanwhile_is_not_overruled(begin: Begin) -> None:
    keep(begin, webhook_of())
    with begin() as stores:
        stores.deliveries.add([replace(delivery_of(1), attempts=3)])
        [read] = stores.deliveries.next("hook", NOW, 9)
        stores.deliveries.again(read, NOW)

        stores.deliveries.settle([delivery_after(read, Answer(200), NOW, 0.5)])

        [after] = stores.deliveries.next("hook", NOW, 9)
    assert (after.state, after.attempts) == (DeliveryState.PENDING, 0)


def test_old_deliveries_are_forgotten_unless_they_wait(begin: Begin) -> None:
    keep(begin, webhook_of())
    with begin() as stores:
        stores.deliveries.add([delivery_of(seq) for seq in (1, 2)])
        [one, _] = stores.deliveries.next("hook", NOW, 9)
        stores.deliveries.settle([delivery_after(one, Answer(200), NOW, 0.5)])
        assert stores.deliveries.forget(NOW) == 0

        assert stores.deliveries.forget(NOW + timedelta(days=1)) == 1

        assert [each.seq for each in stores.deliveries.latest("hook", 9)] == [2]
        assert stores.deliveries.drop_pending("hook") == 1


def test_a_site_that_is_erased_takes_its_deliveries_along(begin: Begin) -> None:
    keep(begin, webhook_of())
    with begin() as stores:
        stores.deliveries.add([delivery_of(1)])
        stores.site_data.erase("acme")

        assert stores.deliveries.latest("hook", 9) == []
        assert stores.webhooks.get("hook") is not None


@pytest.mark.parametrize("limit", [1, 2])
def test_only_so_many_deliveries_are_taken(begin: Begin, limit: int) -> None:
    keep(begin, webhook_of())
    with begin() as stores:
        stores.deliveries.add([delivery_of(seq) for seq in (1, 2, 3)])

        assert len(stores.deliveries.next("hook", NOW, limit)) == limit
        assert len(stores.deliveries.latest("hook", limit)) == limit
