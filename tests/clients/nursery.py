"""Runs a script again and again in a client's own environment; no part of our package.

A client takes seconds to import and tens of milliseconds to pull, so the modules that
the arguments name are imported once, and each run is a process forked from there. A
line on stdin is a run: ``argv`` with the script first, ``folder``, ``environment`` and
the files for what it says, ``streams``; a line on stdout is how it ended.
"""

import gc
import importlib
import json
import os
import runpy
import sys
from typing import Any


def main() -> None:
    """Import, then run what stdin tells until it ends."""
    for module in sys.argv[1:]:
        importlib.import_module(module)
    # What is frozen stays shared with the children, which is most of their time.
    gc.freeze()
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            _run(json.loads(line))
            return
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()
    gc.unfreeze()


def _run(told: dict[str, Any]) -> None:
    for number, name in enumerate(told["streams"], start=1):
        file = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(file, number)
    os.chdir(told["folder"])
    os.environ.update(told["environment"])  # noqa: TID251 - not of the connector
    sys.argv = told["argv"]
    runpy.run_path(sys.argv[0], run_name="__main__")


if __name__ == "__main__":
    main()
