"""Every command and every setting has its heading in the reference."""

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from connector.cli.main import VERBS
from connector.settings import SETTINGS

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"


def headings(name: str) -> set[str]:
    text = (REFERENCE / name).read_text("utf-8")
    return set(re.findall(r"^## (.+)$", text, re.MULTILINE))


def section(name: str, heading: str) -> str:
    text = (REFERENCE / name).read_text("utf-8")
    return text.partition(f"## {heading}\n")[2].partition("\n## ")[0]


def commands() -> Iterator[tuple[str, click.Command]]:
    for verb in VERBS:
        command = verb.load()
        if isinstance(command, click.Group):
            for name, below in command.commands.items():
                yield f"casb {verb.name} {name}", below
        else:
            yield f"casb {verb.name}", command


COMMANDS = dict(commands())


def test_every_command_has_its_heading_and_no_other() -> None:
    assert headings("cli.md") == set(COMMANDS)


@pytest.mark.parametrize("path", COMMANDS)
def test_every_option_of_a_command_is_described(path: str) -> None:
    described = section("cli.md", path)
    options = {name for param in COMMANDS[path].params for name in param.opts}

    missing = [
        name
        for name in options - {"--json", "--site"}
        if name.startswith("--") and name not in described
    ]

    assert missing == []


def test_every_setting_has_its_heading_and_no_other() -> None:
    assert headings("settings.md") == set(SETTINGS)


@pytest.mark.parametrize("name", SETTINGS)
def test_a_secret_is_called_one(name: str) -> None:
    is_secret = SETTINGS[name].metadata["secret"]

    assert ("a secret" in section("settings.md", name)) is is_secret
