"""The way of a database to the newest schema."""

from connector.settings import Settings
from connector.store.database import Database
from connector.store.migrate import migrate, schema_state
from connector.store.schema import SchemaState


def migrate_database(settings: Settings) -> bool:
    """Bring the database to the newest schema; return whether it was not there yet."""
    database = Database.open(settings.database_url, settings.token_keys)
    try:
        was_old = schema_state(database) is not SchemaState.CURRENT
        migrate(database)
    finally:
        database.close()
    return was_old
