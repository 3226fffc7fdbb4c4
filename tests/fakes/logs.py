"""What a command sets up for its logs, gone when it ends, as with its process."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from connector.cli.logs import QUIET, DebugFile


@contextmanager
def logs_of_its_own() -> Iterator[None]:
    """Undo at the end what the logs became in the block, such as those of `--debug`.

    Else all that runs later in this process would be logged in every detail too.
    """
    root = logging.getLogger()
    loggers = [root, *map(logging.getLogger, QUIET)]
    handlers, path = list(root.handlers), DebugFile.path
    levels = [logger.level for logger in loggers]
    try:
        yield
    finally:
        for handler in root.handlers:
            if handler not in handlers:
                handler.close()
        root.handlers[:], DebugFile.path = handlers, path
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
