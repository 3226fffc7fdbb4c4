"""What the verbs share: `--json`, the settings, the application behind them."""

import getpass
from collections.abc import Callable
from typing import Any, TypeVar

import rich_click as click

from connector.cli.logs import start_logs
from connector.domain.errors import UsageError
from connector.settings import Settings, load_settings

Function = TypeVar("Function", bound=Callable[..., Any])


def json_option(function: Function) -> Function:
    """Let a verb print JSON and nothing else."""
    return click.option(
        "--json", "as_json", is_flag=True, help="Print JSON on stdout, nothing else."
    )(function)


def site_option(function: Function) -> Function:
    """Let a verb work on one site only."""
    return click.option(
        "--site", default="", metavar="SITE", help="One site, by cloud id or URL."
    )(function)


def settings() -> Settings:
    """Return the settings of this process; logs are written as they say from now on."""
    loaded = load_settings()
    start_logs(loaded.log)
    return loaded


def assignments(pairs: tuple[str, ...]) -> dict[str, str]:
    """Return NAME=VALUE arguments as a mapping."""
    parts = [pair.partition("=") for pair in pairs]
    for pair, (name, sign, _) in zip(pairs, parts, strict=True):
        if not sign or not name:
            raise UsageError(f"{pair!r} sets nothing.", "Write NAME=VALUE.")
    return {name.strip(): value for name, _, value in parts}


def login_name() -> str:
    """Return who sits at the command line, as far as the machine knows."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "operator"
