"""The command line's followers, as real processes: read, killed and started again."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from connector.store.database import Database
from tests.recipes.following import Follower, secops, service, splunk, vector
from tests.recipes.served_world import CHANGED, Row, ServedWorld, serving

pytestmark = pytest.mark.timeout(200)  # Six processes start, each of them slowly.


@pytest.fixture
def own_world(database: Database) -> Iterator[ServedWorld]:
    """A connector of the test's own."""
    with serving(database) as world:
        world.fill()
        yield world


def native(row: Row) -> str:
    return str(row["event_id"])


def ocsf(row: Row) -> str:
    return str(row["metadata"]["uid"])


def test_a_service_killed_in_the_middle_of_a_line_loses_nothing(
    own_world: ServedWorld, tmp_path: Path
) -> None:
    follower = Follower(own_world, tmp_path, service)

    follower.killed_after(100_000)
    read = len(follower.rows())
    [half] = follower.torn
    assert read < len(own_world.events())
    whole = len(own_world.events()) + len(CHANGED)
    follower.until(whole, meanwhile=own_world.change)

    events = [native(row) for row in follower.rows()]
    assert list(dict.fromkeys(events)) == own_world.events()
    assert follower.torn == [half]


@pytest.mark.parametrize(
    ("command", "event_id"),
    [(splunk, native), (vector, native), (secops, ocsf)],
    ids=["splunk", "vector", "secops"],
)
def test_a_follower_tells_all_then_exactly_what_changed(
    own_world: ServedWorld,
    tmp_path: Path,
    command: Callable[[Path], list[str]],
    event_id: Callable[[Row], str],
) -> None:
    everything = own_world.events()
    follower = Follower(own_world, tmp_path, command)

    follower.until(len(everything))
    own_world.change()
    follower.until(len(everything) + len(CHANGED))

    events = [event_id(row) for row in follower.rows()]
    assert events[: len(everything)] == everything
    assert events == own_world.events()
    assert follower.torn == []
