"""`casb`, the operator's command: finds the verb, and explains what went wrong."""

import io
import os
import sys
from collections.abc import Sequence

import rich_click as click
from click.exceptions import Abort, ClickException

from connector.cli.lazy import LazyGroup, Verb
from connector.cli.logs import DebugFile, start_debug_file
from connector.cli.output import complain
from connector.domain.errors import CasbError

INTERRUPTED = 130
UNEXPECTED = 1
VERBS = (
    Verb(
        "demo", "demo", "Try it: install a simulated site, scan it, show what is open."
    ),
    Verb("migrate", "migrating", "Bring the database to the newest schema."),
    Verb("serve", "serving", "Serve the web pages, and do the work beside them."),
    Verb("install", "installing", "Connect a Confluence site over OAuth 2.0."),
    Verb("sites", "sites", "Show the connected sites, pause or uninstall them."),
    Verb("scan", "scanning", "Scan a site to the end and say what changed."),
    Verb("findings", "findings", "Show who outside can read or change what."),
    Verb("suppress", "triage", "Put findings aside, with a reason and an end."),
    Verb("unsuppress", "triage", "Bring back what was put aside."),
    Verb("detectors", "detectors", "Choose which detectors run, and how."),
    Verb("export", "exporting", "Print every change of every finding, in order."),
    Verb("clients", "clients", "Let consumers of the export in, and out again."),
    Verb("webhooks", "webhooks", "Push changes to a receiver, signed."),
    Verb("keys", "keys", "Make the keys that the connector needs."),
    Verb("privacy", "privacy", "Erase what people are called, and report it."),
    Verb("worker", "worker", "Look after the sites, as a process of its own."),
    Verb("settings", "configuration", "Show the effective settings."),
    Verb("doctor", "doctor", "Check everything an operator can get wrong."),
)


@click.group(
    cls=LazyGroup, verbs=VERBS, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.option("--debug", is_flag=True, help="Write every detail to a file.")
@click.version_option(package_name="casb-connector", prog_name="casb")
def cli(*, debug: bool) -> None:
    """Find out who outside your organisation can read or change your Confluence.

    Start with `casb demo`, which needs nothing. For your own site: `casb migrate`,
    `casb install`, `casb scan SITE`, `casb findings`.
    """
    if debug:
        start_debug_file()


def main() -> None:
    """Run the command line and end the process with its exit code."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run a command and return its exit code; whatever happens, without a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # A locale without a tick mark.
    try:
        code = cli.main(list(arguments), prog_name="casb", standalone_mode=False)
    except (ClickException, CasbError) as error:
        return _explain(error)
    except (Abort, KeyboardInterrupt):
        complain("Stopped.")
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has seen enough; say nothing at the end either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return UNEXPECTED
    except Exception as error:  # noqa: BLE001 - nobody is left to handle it
        return _unexpected(error)
    return code if isinstance(code, int) else 0


def _explain(error: ClickException | CasbError) -> int:
    if isinstance(error, CasbError):
        complain(error.message, error.remedy)
    else:
        error.show()
    return error.exit_code


def _unexpected(error: Exception) -> int:
    complain(
        f"Something unexpected happened ({type(error).__name__}).",
        DebugFile.record(error),
    )
    return UNEXPECTED
