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
    again does nothing. With CASB_ADMIN_PASSWORD set it makes the administrator
    `admin` of the web pages, once; afterwards the variable may go.

    Example: `casb migrate`
    """
    current = settings()
    done = migrate_database(current)
    name = database_name(current)
    if as_json:
        print_json(
            {
                "database": name,
                "changed": done.was_old,
                "admin_created": done.made_admin,
                "sites_to_authorise": done.outdated,
            }
        )
        return
    if done.was_old:
        say(f"{name} is at the newest schema now.")
    else:
        say(f"{name} was at the newest schema already.")
    if done.made_admin:
        say("The administrator admin may sign in now, with CASB_ADMIN_PASSWORD.")
