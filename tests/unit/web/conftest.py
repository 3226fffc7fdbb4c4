from tests.fakes.stores import begin, database, migrated_file, one_file  # noqa: F401
