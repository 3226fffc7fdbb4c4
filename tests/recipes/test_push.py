"""The webhook of the page on Google SecOps, delivered to a receiver on this machine."""

import re
from collections.abc import Iterator

import pytest

from connector.domain.export_forms import Form, SchemaName
from connector.store.database import Database
from tests.fakes.receiver import Receiver, receiving
from tests.integration.push.push_world import PushWorld
from tests.recipes.pages import block

PAGE = "push-into-google-secops"


@pytest.fixture
def pushing(database: Database) -> Iterator[PushWorld]:
    """A deployment that pushes to a receiver."""
    with receiving() as receiver:
        yield PushWorld(database, receiver)


def test_secops_gets_its_secrets_in_the_address_and_ocsf_in_the_data(
    pushing: PushWorld,
) -> None:
    command = block(PAGE, "console", "webhooks create")
    [query] = re.findall(r'"\$ENDPOINT(\?[^"]+)"', command)
    assert "--schema ocsf" in command
    path = "/feed" + query.replace("$GOOGLE_API_KEY", "k1").replace(
        "$FEED_SECRET", "s1"
    )
    receiver: Receiver = pushing.receiver
    receiver.answers[path] = 200
    pushing.webhook(path, form=Form(SchemaName.OCSF))

    pushing.happens("1")
    pushing.push()

    [got] = receiver.got
    assert got.path == "/feed?key=k1&secret=s1"
    assert got.document["data"]["class_uid"] == 2004
    assert got.document["data"]["metadata"]["uid"] == got.id
