from collections.abc import Iterator

import pytest

from tests.clients.deployment import Deployment, deployed


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """One served connector for all tests of a module."""
    with deployed(tmp_path_factory.mktemp("casb")) as deployment:
        yield deployment
