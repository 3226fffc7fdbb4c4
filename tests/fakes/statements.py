"""SQLite engines that share the statements they compiled, for tests of commands.

An engine compiles each statement it meets once, and each command opens engines of its
own: where one process runs command after command, most of its time would go there.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from sqlalchemy import Dialect, Engine, create_engine

COMPILED: dict[object, object] = {}


@pytest.fixture(scope="module", autouse=True)
def shared_statements() -> Iterator[None]:
    """Let each SQLite engine of a module find what another one compiled before."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("connector.store.engines.create_engine", _engine)
        yield


def _engine(*arguments: Any, **options: Any) -> Engine:
    engine = create_engine(*arguments, **options)
    if engine.dialect.name == "sqlite":
        engine.dialect = _dialect()
        engine.update_execution_options(compiled_cache=COMPILED)
    return engine


@cache
def _dialect() -> Dialect:
    """Return the dialect that statements are compiled for; it knows its SQLite."""
    engine = create_engine("sqlite://")
    engine.connect().close()
    return engine.dialect
