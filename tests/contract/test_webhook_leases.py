"""One worker serves a webhook at a time, and nothing is lost with one that dies."""

import signal
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from connector.domain.store_ports import Begin
from connector.domain.webhook import Answer, DeliveryState, webhook_after
from connector.store.database import Database
from tests.contract.other_pusher import pusher
from tests.contract.push_words import NOW, SOON, happen, keep, webhook_of
from tests.fakes.processes import OtherProcess, running
from tests.fakes.receiver import Receiver, receiving
from tests.fakes.stores import TOKEN_KEY


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


def test_a_webhook_is_leased_to_one_until_the_lease_ends(begin: Begin) -> None:
    keep(begin, webhook_of())
    happen(begin)

    with begin() as stores:
        assert stores.webhooks.lease("hook", "me", NOW, SOON)
        assert not stores.webhooks.lease("hook", "you", NOW, SOON)
        assert stores.webhooks.due(NOW, 9) == []
        assert stores.webhooks.lease("hook", "you", SOON, SOON + timedelta(minutes=1))


def test_who_lost_the_lease_changes_nothing(begin: Begin) -> None:
    keep(begin, webhook_of())
    failing = webhook_after(webhook_of(), Answer(410), NOW)

    with begin() as stores:
        stores.webhooks.lease("hook", "me", NOW, SOON)
        stores.webhooks.lease("hook", "you", SOON, SOON + timedelta(minutes=1))

        assert not stores.webhooks.hold(failing, "me", SOON)
        assert not stores.webhooks.step(webhook_of(), "me", 5)
        assert not stores.webhooks.release("hook", "me", SOON)
        assert stores.webhooks.get("hook") == webhook_of()
        assert stores.webhooks.hold(failing, "you", SOON)
        assert stores.webhooks.get("hook") == failing


def test_a_step_is_taken_from_where_the_webhook_was_read(begin: Begin) -> None:
    keep(begin, webhook_of())

    with begin() as stores:
        stores.webhooks.lease("hook", "me", NOW, SOON)
        stores.webhooks.move("hook", 3)

        assert not stores.webhooks.step(webhook_of(), "me", 5)
        assert stores.webhooks.step(replace(webhook_of(), position=3), "me", 5)


def test_the_dead_hold_nothing(begin: Begin) -> None:
    keep(begin, webhook_of("a"), webhook_of("b"))
    happen(begin)

    with begin() as stores:
        stores.webhooks.lease("a", "dead", NOW, SOON)
        stores.webhooks.lease("b", "alive", NOW, SOON)
        stores.webhooks.disown(lambda owner: owner == "dead")

        assert stores.webhooks.due(NOW, 9) == ["a"]


def test_two_leases_at_the_same_moment(url: str, begin: Begin) -> None:
    keep(begin, webhook_of())
    databases = [Database.open(url, [TOKEN_KEY]) for _ in range(2)]

    def take(number: int) -> bool:
        with databases[number % 2].begin() as stores:
            return stores.webhooks.lease("hook", f"owner {number}", NOW, SOON)

    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(take, range(8)))

    for database in databases:
        database.close()
    assert sum(taken) == 1


def test_two_engines_at_once_deliver_each_change_once(
    url: str, begin: Begin, receiver: Receiver
) -> None:
    paths = [f"/slow?{number}" for number in range(6)]
    hooks = [webhook_of(f"hook-{p[-1]}", url=receiver.at(p)) for p in paths]
    keep(begin, *hooks)
    happen(begin, 30)
    databases = [Database.open(url, [TOKEN_KEY]) for _ in range(2)]

    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(lambda each: pusher(each)(), databases))

    for database in databases:
        database.close()
    assert sum(each.delivered for each in results) == 180
    for path in paths:
        assert len(receiver.ids(path)) == 30
        assert max(Counter(receiver.ids(path)).values()) == 1


def test_a_sender_that_is_killed_in_mid_delivery_loses_nothing(
    url: str, begin: Begin, database: Database, receiver: Receiver
) -> None:
    keep(begin, webhook_of(url=receiver.at("/hangs")))
    happen(begin, 20)
    with sending(url) as process:
        wait_until(lambda: len(receiver.of("/hangs")) == 8)
        with begin(write=False) as stores:
            assert stores.webhooks.due(pusher(database).now(), 9) == []
        process.kill()
        assert process.wait(10) == -signal.SIGKILL
    receiver.over.set()

    # The lease of the dead is not waited for.
    assert pusher(database).is_wanted()
    pushed = pusher(database)()

    assert pushed.failed == 8
    with begin() as stores:
        hook = stores.webhooks.get("hook")
        assert hook is not None
        stores.webhooks.change(
            replace(hook, url=receiver.at("/200"), failures=0, rest_until=None)
        )
        for delivery in stores.deliveries.latest("hook", 99):
            stores.deliveries.again(delivery, delivery.at)
    pusher(database)()
    with begin(write=False) as stores:
        log = stores.deliveries.latest("hook", 99)
    assert {each.state for each in log} == {DeliveryState.DELIVERED}
    assert len(set(receiver.ids("/200"))) == 20
    assert set(receiver.ids("/hangs")) <= set(receiver.ids("/200"))


@contextmanager
def sending(url: str) -> Iterator[OtherProcess]:
    """Run a process that delivers; it does not survive the block."""
    with running("tests.contract.other_pusher", url) as process:
        process.tell(TOKEN_KEY)
        assert process.said() == "ready"
        process.tell()
        yield process


def wait_until(is_so: object, seconds: float = 20.0) -> None:
    """Wait for something to become true."""
    end = time.monotonic() + seconds
    while not is_so():  # type: ignore[operator]
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)
