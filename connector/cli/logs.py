"""Where logs go: warnings to stderr, and with `--debug` everything to a file."""

import logging
import os
import tempfile
from datetime import UTC, datetime
from typing import ClassVar

import orjson
from rich.text import Text

from connector.cli.output import clean, messages

JSON = "json"
FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
QUIET = ("authlib", "httpx", "httpcore")
"""Libraries whose debug messages hold codes and tokens."""


class DebugFile:
    """The file of `--debug`, one for the process."""

    path: ClassVar[str] = ""

    @classmethod
    def record(cls, error: Exception) -> str:
        """Keep the details of an error; return the sentence that says where."""
        if not cls.path:
            return "Run it again as `casb --debug …` to write the details to a file."
        logging.getLogger("casb").debug("unexpected", exc_info=error)
        return f"The details are in {cls.path}."


class ScreenLog(logging.Handler):
    """Tells a person what happened; minds progress bars.

    The details of an error are for the log of a server, not for a command.
    """

    def __init__(self, *, with_details: bool = False) -> None:
        super().__init__()
        self._with_details = with_details

    def emit(self, record: logging.LogRecord) -> None:
        """Print one line, and the details below it."""
        style = "red" if record.levelno >= logging.ERROR else "yellow"
        line = Text.assemble((record.levelname.lower(), style), f": {_plain(record)}")
        messages().print(line, soft_wrap=True)
        if self._with_details and record.exc_info:
            details = logging.Formatter().formatException(record.exc_info)
            messages().print(details, soft_wrap=True, markup=False, highlight=False)


class JsonLog(logging.Handler):
    """Writes one JSON object a line, for machines that collect logs."""

    def emit(self, record: logging.LogRecord) -> None:
        """Print one line."""
        row = {
            "time": datetime.fromtimestamp(record.created, UTC),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": _plain(record),
        }
        if record.exc_info:
            row["exception"] = logging.Formatter().formatException(record.exc_info)
        line = orjson.dumps(row).decode()
        messages().print(line, soft_wrap=True, markup=False, highlight=False)


def start_debug_file(path: str = "") -> None:
    """Write every detail of this process to a file that only this user may read.

    Processes that work together may write to one ``path``.
    """
    if not path:
        handle, path = tempfile.mkstemp(prefix="casb-debug-", suffix=".log")
        os.close(handle)
    DebugFile.path = path
    to_file = logging.FileHandler(DebugFile.path)
    to_file.setFormatter(logging.Formatter(FORMAT))
    root = logging.getLogger()
    root.addHandler(to_file)
    root.setLevel(logging.DEBUG)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def start_logs(kind: str, *, with_details: bool = False) -> None:
    """Send warnings to stderr in the form that the operator chose."""
    root = logging.getLogger()
    for handler in list(root.handlers):
        if isinstance(handler, ScreenLog | JsonLog):
            root.removeHandler(handler)
    handler = JsonLog() if kind == JSON else ScreenLog(with_details=with_details)
    handler.setLevel(logging.WARNING)
    root.addHandler(handler)


def _plain(record: logging.LogRecord) -> str:
    return clean(" ".join(record.getMessage().split()))
