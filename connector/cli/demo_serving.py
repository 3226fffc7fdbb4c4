"""The web page of `casb demo --serve`, with its login."""

from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from connector.bootstrap.application import open_application
from connector.bootstrap.signing_in import sign_in
from connector.cli.local_server import local_address
from connector.cli.output import messages
from connector.cli.processes import serve_until_stopped
from connector.settings import Settings
from connector.use_cases.sign_in import FIRST_ADMIN


def serve_demo(current: Settings) -> None:
    """Serve the demonstration until somebody stops it."""
    with open_application(current) as application:
        sign_in(application).set_first(current.admin_password)
    table = Table.grid(padding=(0, 2))
    for name, value in (
        ("Open", f"{current.public_url}/"),
        ("Name", FIRST_ADMIN),
        ("Password", current.admin_password),
        ("Stop", "Ctrl-C"),
    ):
        table.add_row(Text(name, "bold"), value)
    messages().print(Panel(table, expand=False, style="cyan"))
    bind = local_address(current.public_url)
    serve_until_stopped(current, bind, with_worker=True)
