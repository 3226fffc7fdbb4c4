"""`casb serve`."""

import rich_click as click

from connector.bootstrap.application import open_application
from connector.bootstrap.jobs import holder_of_work
from connector.bootstrap.oauth_app import oauth_app
from connector.cli.local_server import local_address
from connector.cli.options import json_option, settings
from connector.cli.output import note, print_json_line
from connector.cli.processes import serve_until_stopped
from connector.settings import Settings
from connector.use_cases.watch_sites import WatchSites

LOCAL = "local"


@click.command()
@click.option(
    "--bind", default="", metavar="HOST:PORT", help="Where to listen for requests."
)
@json_option
def serve(bind: str, *, as_json: bool) -> None:
    """Serve the web application, and do the work beside it.

    Listens where CASB_PUBLIC_URL points if that is this machine, else at
    127.0.0.1:8000 or the port named by PORT. With CASB_WORK=local a worker runs in a
    process of its own, which scans the sites and keeps them alive; with
    CASB_WORK=procrastinate none does, and that is left to `casb worker`. Logs go to
    stderr.

    Example: `casb serve --bind 0.0.0.0:8000`
    """
    current = settings()
    require_servable(current)
    has_worker = current.work == LOCAL
    bind = bind or local_address(current.public_url)
    if as_json:
        print_json_line({"url": current.public_url, "bind": bind})
    else:
        note(f"Serving {current.public_url}. Ctrl-C stops.")
        if not has_worker:
            note("CASB_WORK=procrastinate: `casb worker` does the work, not this.")
    serve_until_stopped(current, bind, with_worker=has_worker)


def require_servable(current: Settings) -> None:
    """Raise what would keep every page from working."""
    current.require("CASB_SECRET_KEY")
    oauth_app(current)
    with open_application(current) as application:
        WatchSites(application.begin).is_ready()
        holder_of_work(application)
