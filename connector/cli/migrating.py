"""`casb migrate`."""

import rich_click as click

from connector.bootstrap.migrating import migrate_database
from connector.cli.effective import database_name
from connector.cli.options import json_option, settings
from connector.cli.output import print_json, say


@click.command()
@json_option
def migrate(*, as_json: bool) -> None:
    """Bring the database to the newest schema.

    Makes the database where there is none. What is stored stays, and running it
    again does nothing.

    Example: `casb migrate`
    """
    current = settings()
    changed = migrate_database(current)
    name = database_name(current)
    if as_json:
        print_json({"database": name, "changed": changed})
    elif changed:
        say(f"{name} is at the newest schema now.")
    else:
        say(f"{name} was at the newest schema already.")
