"""Clouds and readers, closed when the test is over."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, ExitStack

import pytest

from tests.integration.atlassian.sites import Sites


@pytest.fixture
async def sites() -> AsyncIterator[Sites]:
    with ExitStack() as closing:
        async with AsyncExitStack() as later:
            yield Sites(closing, later)
