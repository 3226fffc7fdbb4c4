import pytest

from connector.domain.store_ports import Begin
from tests.fakes.stores import begin, database, migrated_file, one_file  # noqa: F401
from tests.unit.work.office import Office


@pytest.fixture
def office(begin: Begin) -> Office:  # noqa: F811
    """A scan to be done, with a directory, three shards and a site unit."""
    return Office(begin)
