"""Listens on loopback, in a thread or as the whole process."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import cast

from casb_sdk.cloud.http import App, HttpProtocol

LOOPBACK = "127.0.0.1"
TICKS_TO_CLOSE = 500
A_TICK = 0.001
START_TIMEOUT = 30.0
BACKLOG = 1024


@contextmanager
def served_from_thread(app: App, port: int = 0) -> Iterator[int]:
    """Serve an app from a thread of its own; yield the port it listens on."""
    loop = new_loop()
    bound: list[int] = []
    ready = threading.Event()

    def announce(at: int) -> None:
        bound.append(at)
        ready.set()

    def serve() -> None:
        try:
            loop.run_until_complete(serve_until_cancelled(app, port, announce))
        finally:
            ready.set()
            loop.close()

    thread = threading.Thread(target=serve, name="simulated-cloud", daemon=True)
    thread.start()
    if not ready.wait(START_TIMEOUT) or not bound:
        raise OSError(f"the simulated cloud could not listen on port {port}")
    try:
        yield bound[0]
    finally:
        loop.call_soon_threadsafe(_cancel_all, loop)
        thread.join(START_TIMEOUT)


async def serve_until_cancelled(
    app: App, port: int, announce: Callable[[int], None]
) -> None:
    """Listen, tell the port, and answer until the task is cancelled."""
    loop = asyncio.get_running_loop()
    open_ones: set[HttpProtocol] = set()
    server = await loop.create_server(
        lambda: HttpProtocol(app, loop, open_ones), LOOPBACK, port, backlog=BACKLOG
    )
    app.started()
    announce(server.sockets[0].getsockname()[1])
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        server.close()
        await _close(open_ones)
    finally:
        app.stopped()


async def _close(connections: set[HttpProtocol]) -> None:
    """Close what clients keep open: with it the loop might not end."""
    for connection in tuple(connections):
        connection.abort()
    for _ in range(TICKS_TO_CLOSE):
        if not connections:
            return
        await asyncio.sleep(A_TICK)


def new_loop() -> asyncio.AbstractEventLoop:
    """Return an event loop, uvloop's where it is installed."""
    try:
        uvloop = import_module("uvloop")
    except ImportError:
        return asyncio.new_event_loop()
    return cast("asyncio.AbstractEventLoop", uvloop.new_event_loop())


def _cancel_all(loop: asyncio.AbstractEventLoop) -> None:
    for task in asyncio.all_tasks(loop):
        task.cancel()
