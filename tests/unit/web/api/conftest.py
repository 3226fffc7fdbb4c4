import pytest

from connector.store.database import Database
from tests.fakes.stores import begin, database, migrated_file, one_file
from tests.unit.web.api.export_world import ExportWorld

__all__ = ["begin", "database", "migrated_file", "one_file"]


@pytest.fixture
def world(database: Database) -> ExportWorld:
    """Return an API with two sites and nothing found yet."""
    return ExportWorld(database)
