"""Serves the web application from this process, for as long as a command needs it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import httpx
from flask import Flask, Response, request
from werkzeug.serving import WSGIRequestHandler, make_server

from connector.domain.errors import SettingError

PORTS = {"http": 80, "https": 443}
LOOPBACK = "127.0.0.1"
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
OUR_NAME = "casb-connector"
PATIENCE_SECONDS = 5.0
LAST_PAGE = "/install/result"


class SilentHandler(WSGIRequestHandler):
    """Logs nothing: the call-back's address holds a code."""

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002
        """Keep quiet."""


def who_answers(public_url: str) -> str | None:
    """Return the name of what listens on the public URL; None if nothing does."""
    try:
        with httpx.Client(timeout=PATIENCE_SECONDS, trust_env=False) as client:
            answer = client.get(f"{public_url}/healthz")
    except (httpx.ConnectError, httpx.ConnectTimeout):
        return None
    except httpx.HTTPError:
        return ""
    try:
        body = answer.json()
    except ValueError:
        return ""
    return str(body.get("name", "")) if isinstance(body, dict) else ""


def local_address(public_url: str) -> str:
    """Return where to listen for a public URL of this machine; else nothing."""
    url = urlsplit(public_url)
    host = url.hostname or ""
    if url.scheme != "http" or host not in LOOPBACK_NAMES:
        return ""
    shown = f"[{host}]" if ":" in host else host.replace("localhost", LOOPBACK)
    return f"{shown}:{url.port or PORTS[url.scheme]}"


@contextmanager
def serving(flask: Flask, public_url: str) -> Iterator[threading.Event]:
    """Serve an application on the public URL, which has to be on this machine.

    The event is set when a browser has got the page that ends an attempt.
    """
    url = urlsplit(public_url)
    host = url.hostname or ""
    if url.scheme != "http" or host not in LOOPBACK_NAMES:
        raise SettingError(
            f"Nothing answers at CASB_PUBLIC_URL ({public_url}), and this command can "
            "serve http://localhost alone.",
            "Start the web application behind that address first, or set "
            "CASB_PUBLIC_URL=http://localhost:8000.",
        )
    port = url.port or PORTS[url.scheme]
    bind = LOOPBACK if host == "localhost" else host
    try:
        server = make_server(
            bind, port, flask, threaded=True, request_handler=SilentHandler
        )
    except (OSError, SystemExit):
        raise SettingError(
            f"Port {port} of CASB_PUBLIC_URL ({public_url}) cannot be opened.",
            "Choose another port; register the new call-back address in Atlassian's "
            "developer console too.",
        ) from None
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    ended = _watched(flask)
    thread.start()
    try:
        yield ended
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _watched(flask: Flask) -> threading.Event:
    ended = threading.Event()

    @flask.after_request
    def watch(response: Response) -> Response:
        if request.path == LAST_PAGE:
            response.call_on_close(ended.set)
        return response

    return ended
