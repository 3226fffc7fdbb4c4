"""Runs independent calls at once; the first that fails ends them all."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterable
from contextlib import asynccontextmanager
from itertools import islice
from typing import Any, TypeVar

T = TypeVar("T")


async def together(calls: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """Return the results in order; an error comes out bare, not in a group."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(call) for call in calls]
    except BaseExceptionGroup as errors:
        raise _first(errors) from None
    return [task.result() for task in tasks]


@asynccontextmanager
async def meanwhile() -> AsyncGenerator[asyncio.TaskGroup, None]:
    """Let calls run beside a block, which lasts until they are over."""
    try:
        async with asyncio.TaskGroup() as group:
            yield group
    except BaseExceptionGroup as errors:
        raise _first(errors) from None


async def in_turn(
    calls: Iterable[Coroutine[Any, Any, T]], at_once: Callable[[], int]
) -> AsyncGenerator[T, None]:
    """Yield the results in order, each as soon as it and all before it are there.

    So many calls as there may be at the moment are under way, also while a result is
    dealt with; those that are when the generator is closed are ended.
    """
    waiting: deque[asyncio.Future[T]] = deque()
    left = iter(calls)
    try:
        while True:
            some = islice(left, max(0, at_once() - len(waiting)))
            waiting.extend(map(asyncio.ensure_future, some))
            if not waiting:
                return
            result = await waiting[0]
            waiting.popleft()
            yield result
    finally:
        for call in waiting:
            call.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)


def _first(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
