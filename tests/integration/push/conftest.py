from collections.abc import Iterator

import pytest

from connector.store.database import Database
from tests.fakes.receiver import Receiver, receiving
from tests.fakes.stores import begin, database, migrated_file, one_file
from tests.integration.push.push_world import PushWorld

__all__ = ["begin", "database", "migrated_file", "one_file"]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Return a receiver on this machine."""
    with receiving() as running:
        yield running


@pytest.fixture
def world(database: Database, receiver: Receiver) -> PushWorld:
    """Return a deployment that pushes."""
    return PushWorld(database, receiver)
