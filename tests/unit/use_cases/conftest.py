import pytest

from connector.domain.store_ports import Begin
from tests.fakes.stores import begin, database, migrated_file, one_file  # noqa: F401
from tests.unit.use_cases.scanning import World


@pytest.fixture
def world(begin: Begin) -> World:  # noqa: F811
    """A connector with an empty database."""
    return World(begin)
