"""Pages of the feed take turns within a process; nobody waits for long."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, BrokenBarrierError, Event
from time import monotonic

import pytest
from werkzeug.test import create_environ, run_wsgi_app

from connector.web.api.turns import Wsgi, in_turn

CHANGES = "/api/v1/findings/changes"
A_MOMENT, LONG = 0.05, 10.0


def ask(app: Wsgi, path: str) -> str:
    body, _, _ = run_wsgi_app(app, create_environ(path))
    return b"".join(body).decode()


def meeting(seconds: float) -> Wsgi:
    """Return an application that says whether two requests are in it at once."""
    at_once = Barrier(2)

    def answer(environ: object, start_response: object) -> list[bytes]:
        assert callable(start_response)
        start_response("200 OK", [])
        try:
            at_once.wait(seconds)
        except BrokenBarrierError:
            at_once.reset()
            return [b"alone"]
        return [b"together"]

    return answer


def both(app: Wsgi, path: str) -> list[str]:
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(lambda _: ask(app, path), range(2)))


def test_pages_of_the_feed_are_made_one_after_the_other() -> None:
    assert both(in_turn(meeting(A_MOMENT), LONG), CHANGES) == ["alone", "alone"]


def test_other_answers_wait_for_nobody() -> None:
    app = in_turn(meeting(LONG), LONG)

    assert both(app, "/api/v1/findings") == ["together", "together"]


def test_a_slow_page_keeps_nobody_for_long() -> None:
    slow_goes_on, is_in = Event(), Event()

    def answer(environ: dict[str, str], start_response: object) -> list[bytes]:
        assert callable(start_response)
        if environ["QUERY_STRING"]:
            is_in.set()
            assert slow_goes_on.wait(LONG)
        start_response("200 OK", [])
        return [b"done"]

    app = in_turn(answer, A_MOMENT)
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(ask, app, f"{CHANGES}?slow=1")
        assert is_in.wait(LONG)

        assert ask(app, CHANGES) == "done"
        assert not slow.done()
        slow_goes_on.set()
        assert slow.result(LONG) == "done"


def test_a_page_that_fails_gives_its_turn_back() -> None:
    def fail(environ: object, start_response: object) -> list[bytes]:
        raise RuntimeError("broken")

    app, began = in_turn(fail, LONG), monotonic()

    for _ in range(2):
        with pytest.raises(RuntimeError, match="broken"):
            ask(app, CHANGES)
    assert monotonic() - began < LONG
