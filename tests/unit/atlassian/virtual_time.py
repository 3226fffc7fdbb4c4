"""An event loop whose time passes as soon as nobody has anything to do."""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class Skipping(selectors.SelectSelector):
    """Skips the time that a loop would wait for its next timer."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1_000_000.0

    def select(
        self, timeout: float | None = None
    ) -> list[tuple[selectors.SelectorKey, int]]:
        """Return what is ready, without waiting."""
        self.now += timeout or 0.0
        return super().select(0)


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """Goes by the time of its selector; for code without I/O."""

    def __init__(self) -> None:
        self.skipping = Skipping()
        super().__init__(self.skipping)

    def time(self) -> float:
        """Return the virtual time, in seconds."""
        return self.skipping.now


def in_virtual_time(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run something to its end, however long it would take."""
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        return runner.run(coroutine)
