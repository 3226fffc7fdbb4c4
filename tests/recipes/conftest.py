import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from connector.store.database import Database
from tests.fakes.stores import TOKEN_KEY, database, migrated_file, one_file
from tests.recipes.served_world import ServedWorld, serving

__all__ = ["database", "migrated_file", "one_file"]


@pytest.fixture(scope="module")
def world(
    migrated_file: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServedWorld]:
    """A served connector for all recipes of a module; each has a client of its own."""
    path = tmp_path_factory.mktemp("recipes") / "casb.db"
    shutil.copy(migrated_file, path)
    database = Database.open(f"sqlite:///{path}", [TOKEN_KEY])
    with serving(database) as world:
        world.fill()
        yield world
    database.close()
