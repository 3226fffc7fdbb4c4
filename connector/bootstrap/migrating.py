"""The way of a database to the newest schema, and what has to be in it then."""

from dataclasses import dataclass

from connector.bootstrap.announcing import prepare_jobs
from connector.bootstrap.application import application_over
from connector.bootstrap.installing import release_scopes
from connector.bootstrap.signing_in import sign_in
from connector.settings import Settings
from connector.store.database import Database
from connector.store.migrate import migrate, schema_state
from connector.store.schema import SchemaState
from connector.use_cases.tell_older_findings import TellOlderFindings


@dataclass(frozen=True, slots=True)
class Migrated:
    """What a migration did; ``outdated`` sites granted an older list of scopes."""

    was_old: bool
    made_admin: bool
    outdated: int


def migrate_database(settings: Settings) -> Migrated:
    """Bring the database to the newest schema; the first time with its administrator.

    CASB_ADMIN_PASSWORD is read as long as there is no administrator.
    """
    database = Database.open(settings.database_url, settings.token_keys)
    try:
        was_old = schema_state(database) is not SchemaState.CURRENT
        migrate(database)
        prepare_jobs(settings)
        application = application_over(settings, database.begin)
        made_admin = bool(settings.admin_password) and sign_in(application).add_first(
            settings.admin_password
        )
        outdated = release_scopes(application)()
        TellOlderFindings(database.begin)()
    finally:
        database.close()
    return Migrated(was_old, made_admin, outdated)
