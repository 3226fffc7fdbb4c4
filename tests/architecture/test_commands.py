"""One list of commands for people, hooks and continuous integration."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
TARGETS = set(re.findall(r"^([a-z-]+):.*## ", MAKEFILE, re.MULTILINE))


def test_the_commands_others_rely_on_exist() -> None:
    promised = "demo test lint check bench bench-large serve docs help"

    assert set(promised.split()) <= TARGETS


def test_every_command_is_documented() -> None:
    reference = (ROOT / "docs" / "reference" / "make.md").read_text("utf-8")

    assert set(re.findall(r"^\| `make ([a-z-]+)`", reference, re.MULTILINE)) == TARGETS


def test_no_command_hides_behind_a_file_of_its_name() -> None:
    [phony] = re.findall(r"^\.PHONY: (.+)$", MAKEFILE, re.MULTILINE)

    assert set(phony.split()) == TARGETS


def test_continuous_integration_runs_make_check() -> None:
    assert (ROOT / ".ci" / "run").read_text("utf-8").endswith("exec make check\n")


def test_every_hook_calls_a_command() -> None:
    hooks = (ROOT / ".pre-commit-config.yaml").read_text("utf-8")
    entries = re.findall(r"entry: (make )?([a-z-]+)", hooks)

    assert entries
    assert all(make and target in TARGETS for make, target in entries)
