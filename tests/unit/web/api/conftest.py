import pytest

from connector.store.database import Database
from tests.fakes.stores import begin, database, migrated_file, one_file
from tests.unit.web.api.export_world import ExportWorld, SharedApi

__all__ = ["begin", "database", "migrated_file", "one_file"]


@pytest.fixture(scope="session")
def shared_api() -> SharedApi:
    """Return the API that the worlds of all tests have in turn."""
    return SharedApi()


@pytest.fixture
def world(database: Database, shared_api: SharedApi) -> ExportWorld:
    """Return an API with two sites and nothing found yet."""
    return ExportWorld(database, shared_api=shared_api)
