from tests.fakes.stores import begin, database, migrated_file  # noqa: F401
