from collections.abc import Callable

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from connector.domain.errors import CasbError, SchemaError
from connector.web.health import health_routes


def asked(path: str, ready: Callable[[], None]) -> TestResponse:
    flask = Flask("health")
    flask.register_blueprint(health_routes(ready))
    return flask.test_client().get(path)


def failing(error: CasbError) -> Callable[[], None]:
    def fail() -> None:
        raise error

    return fail


def test_a_database_that_works_makes_us_ready() -> None:
    answer = asked("/readyz", lambda: None)

    assert (answer.status_code, answer.json) == (200, {"status": "ok"})


def test_an_old_database_says_what_to_do() -> None:
    answer = asked("/readyz", failing(SchemaError("It is old.", "Run: casb migrate")))

    assert answer.status_code == 503
    assert answer.json == {"status": "It is old. Run: casb migrate"}


def test_where_the_database_is_stays_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    answer = asked("/readyz", failing(CasbError("db.internal cannot be opened.")))

    assert answer.status_code == 503
    assert answer.json == {"status": "The database cannot be reached."}
    assert "db.internal" in caplog.text


def test_the_process_is_alive_whatever_the_database_does() -> None:
    assert asked("/healthz", failing(CasbError("Away."))).status_code == 200
