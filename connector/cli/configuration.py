"""`casb settings`."""

import rich_click as click
from rich.table import Table

from connector.cli.effective import effective, strange_names
from connector.cli.options import json_option
from connector.cli.options import settings as load
from connector.cli.output import print_json, results, warn


@click.command()
@json_option
def settings(*, as_json: bool) -> None:
    """Show the effective settings and where they come from.

    They come from the environment, from `.env` in this folder, or from files named
    by NAME_FILE. Secrets are masked.

    Example: `casb settings`
    """
    current = load()
    rows = effective(current)
    for sentence in strange_names(current):
        warn(sentence)
    if as_json:
        print_json({name: {"value": v, "source": origin} for name, v, origin in rows})
        return
    table = Table("Setting", "Value", "From", box=None, header_style="bold")
    for name, value, origin in rows:
        table.add_row(name, value or "not set", origin, style=_style_of(origin))
    results().print(table)


def _style_of(origin: str) -> str:
    return "dim" if origin == "default" else ""
