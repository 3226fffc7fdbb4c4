"""What a command says: results on stdout, everything else on stderr."""

import re
import sys
from collections.abc import Iterable, Mapping
from functools import cache

import orjson
from rich.console import Console
from rich.text import Text

PLAIN_WIDTH = 120
UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
"""Characters that could steer a terminal; page titles are written by strangers."""


@cache
def results() -> Console:
    """Return where results go: a person's eyes, or a file."""
    return _console(to_stderr=False)


@cache
def messages() -> Console:
    """Return where progress, warnings and errors go."""
    return _console(to_stderr=True)


def clean(text: str) -> str:
    """Return text that steers no terminal."""
    return UNSEEN.sub("\N{REPLACEMENT CHARACTER}", " ".join(text.split("\n")))


def cell(text: object, style: str = "") -> Text:
    """Return a piece of a table, whatever it holds."""
    return Text(clean(str(text)), style)


def complain(message: str, remedy: str = "") -> None:
    """Say what went wrong, and what to do about it."""
    sentences = clean(f"{message} {remedy}".strip())
    text = Text.assemble(("Error: ", "bold red"), sentences)
    messages().print(text, soft_wrap=True)


def warn(message: str) -> None:
    """Say what deserves a look although it worked."""
    text = Text.assemble(("Warning: ", "bold yellow"), clean(message))
    messages().print(text, soft_wrap=True)


def note(message: str) -> None:
    """Say something that is no result."""
    messages().print(cell(message, "dim"), soft_wrap=True)


def say(message: str) -> None:
    """Print a line of the result."""
    results().print(cell(message), soft_wrap=True)


def print_json(document: object) -> None:
    """Print one JSON document."""
    option = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    print_bytes([orjson.dumps(document, option=option)])


def print_json_line(row: Mapping[str, object]) -> None:
    """Print one line of a JSON stream, at once."""
    print_bytes([orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE)])
    sys.stdout.flush()


def print_bytes(pieces: Iterable[bytes]) -> None:
    """Print what is JSON already, piece by piece; JSON is UTF-8 in every locale."""
    buffer = getattr(sys.stdout, "buffer", None)
    sys.stdout.flush()
    for piece in pieces:
        if buffer is None:
            sys.stdout.write(piece.decode())
        else:
            buffer.write(piece)


def _console(*, to_stderr: bool) -> Console:
    stream = sys.stderr if to_stderr else sys.stdout
    width = None if stream.isatty() else PLAIN_WIDTH
    return Console(
        stderr=to_stderr, width=width, highlight=False, markup=False, emoji=False
    )
