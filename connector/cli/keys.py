"""`casb keys`."""

import base64
import secrets

import rich_click as click

from connector.cli.options import json_option
from connector.cli.output import note, print_json, say

KEY_BYTES = 32


@click.group()
def keys() -> None:
    """Make the keys that the connector needs.

    Example: `casb keys generate >> .env`
    """


@keys.command()
@json_option
def generate(*, as_json: bool) -> None:
    """Print a fresh CASB_SECRET_KEY and a fresh CASB_TOKEN_KEYS.

    Nothing is stored. Keep CASB_TOKEN_KEYS safe: without it the stored tokens
    cannot be read, and every site has to be connected again.

    Example: `casb keys generate >> .env`
    """
    made = {
        "CASB_SECRET_KEY": secrets.token_urlsafe(KEY_BYTES),
        "CASB_TOKEN_KEYS": base64.urlsafe_b64encode(
            secrets.token_bytes(KEY_BYTES)
        ).decode(),
    }
    if as_json:
        print_json(made)
        return
    for name, value in made.items():
        say(f"{name}={value}")
    note("Put these lines into .env or into the environment; they are not stored.")
