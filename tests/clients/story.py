"""What every consumer goes through: all there is, nothing new, and then changes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from tests.clients.deployment import Deployment, Row
from tests.clients.page import SMALL_PAGE

Got = TypeVar("Got")


@dataclass(frozen=True, slots=True)
class Story(Generic[Got]):
    """The feed at first and at last, and the three pulls of each consumer."""

    before: list[Row]
    after: list[Row]
    pulls: Mapping[str, tuple[Got, Got, Got]]

    @property
    def changes(self) -> list[Row]:
        """What happened before the third pull."""
        return self.after[len(self.before) :]


def tell(deployment: Deployment, pulls: Mapping[str, Callable[[], Got]]) -> Story[Got]:
    """Let all consumers live through it; they are called by name."""
    before = deployment.feed()
    first = {name: (pull(), pull()) for name, pull in pulls.items()}
    deployment.changes()
    after = deployment.feed()
    told = {name: (*first[name], pull()) for name, pull in pulls.items()}
    return Story(before, after, told)


def pages(rows: int) -> int:
    """Return how many pages some rows fill; none fill an empty one."""
    return max(1, -(-rows // SMALL_PAGE))


def event_ids(rows: list[Row]) -> list[str]:
    """Name changes."""
    return [row["event_id"] for row in rows]


def newest(rows: list[Row]) -> dict[str, str]:
    """Return the last change of each finding."""
    return {row["id"]: row["event_id"] for row in rows}
