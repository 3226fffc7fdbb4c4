"""`casb doctor`."""

import rich_click as click
from rich.table import Table
from rich.text import Text

from connector.bootstrap.application import open_application
from connector.bootstrap.diagnosing import diagnose
from connector.cli.effective import strange_names
from connector.cli.options import json_option, settings
from connector.cli.output import cell, clean, print_json, results
from connector.use_cases.diagnose import Health

MARKS = {
    Health.OK: ("✓", "green"),
    Health.WARNING: ("!", "yellow"),
    Health.FAILED: ("✗", "red"),
}
FAILED = 1


@click.command()
@click.pass_context
@json_option
def doctor(context: click.Context, *, as_json: bool) -> None:
    """Check everything an operator can get wrong, and say what to do about it.

    Ends with 1 if something does not work, and with 0 if it does or deserves no more
    than a look.

    Example: `casb doctor`
    """
    current = settings()
    table = Table.grid(padding=(0, 1))
    table.add_column()
    table.add_column(style="bold", no_wrap=True)
    rows = []
    with open_application(current) as application:
        for name, found in diagnose(application, strange_names(current))():
            mark, style = MARKS[found.health]
            said = cell(found.message)
            said.append(clean(f" {found.remedy}") if found.remedy else "", style)
            table.add_row(Text(mark, style), name, said)
            rows.append(
                {
                    "check": name,
                    "health": found.health.value,
                    "message": found.message,
                    "remedy": found.remedy or None,
                }
            )
    if as_json:
        print_json(rows)
    else:
        results().print(table)
    if any(row["health"] == Health.FAILED.value for row in rows):
        context.exit(FAILED)
