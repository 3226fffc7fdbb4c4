"""`casb keys`."""

import base64
import secrets

import rich_click as click

from connector.bootstrap.application import open_application
from connector.cli.options import json_option, settings
from connector.cli.output import note, print_json, say, warn
from connector.domain.counting import counted
from connector.use_cases.rotate_keys import RotateKeys, Rotation

KEY_BYTES = 32
FAILED = 1


@click.group()
def keys() -> None:
    """Make the keys that the connector needs, and change them.

    Example: `casb keys generate >> .env`

    Example: `casb keys rotate`
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


@keys.command()
@click.pass_context
@json_option
def rotate(context: click.Context, *, as_json: bool) -> None:
    """Encrypt every stored token under the first of CASB_TOKEN_KEYS.

    Put the new key in front of the old ones and restart what runs, then rotate, then
    remove the keys that are named as no longer needed. Whoever stops it half-way may
    begin again. Administrators have to sign in again. Ends with 1 if there are
    tokens that no key opens.

    Example: `casb keys rotate`
    """
    current = settings()
    current.require("CASB_TOKEN_KEYS")
    with open_application(current) as application:
        rotation = RotateKeys(application.begin)()
    after = rotation.after
    spare = [n + 1 for n in range(1, len(current.token_keys)) if not after.opens(n)]
    if as_json:
        print_json(_rotation_document(rotation, spare))
    else:
        _print_rotation(rotation, spare, len(current.token_keys))
    if after.lost:
        context.exit(FAILED)


def _print_rotation(rotation: Rotation, spare: list[int], keys_set: int) -> None:
    before, after = rotation.before, rotation.after
    grants = counted(before.older, "grant")
    say(f"{grants} encrypted anew, {before.opens(0):,} were under the first key.")
    for lost in after.lost:
        warn(f"No key of CASB_TOKEN_KEYS opens the tokens of {lost}.")
    if after.lost:
        note("Put back the key they were encrypted with, or connect the sites again.")
    if after.older:
        warn(f"{counted(after.older, 'grant')} came under an older key meanwhile.")
        note("Restart what still runs with the old CASB_TOKEN_KEYS, and rotate again.")
    if spare and not after.lost:
        say(f"No longer needed in CASB_TOKEN_KEYS: {_places(spare)}.")
    if keys_set == 1:
        note("To change the key, put a new one in front of it: casb keys generate")


def _rotation_document(rotation: Rotation, spare: list[int]) -> dict[str, object]:
    return {
        "encrypted_anew": rotation.before.older,
        "unchanged": rotation.before.opens(0),
        "lost": list(rotation.after.lost),
        "still_under_older_keys": rotation.after.older,
        "keys_no_longer_needed": [] if rotation.after.lost else spare,
    }


def _places(spare: list[int]) -> str:
    return ", ".join(f"key {place}" for place in spare)
