import logging
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from connector.cli.lazy import LazyGroup
from connector.cli.logs import DebugFile
from connector.cli.main import VERBS, cli, run
from tests.unit.cli.conftest import Casb

HEAVY = {
    "sqlalchemy",
    "flask",
    "httpx",
    "marshmallow",
    "authlib",
    "casb_sdk",
    "alembic",
}
PROMISED = "demo migrate install sites scan findings detectors settings doctor"


def commands(
    path: str = "casb", group: click.Command = cli
) -> Iterator[tuple[str, click.Command]]:
    if isinstance(group, LazyGroup):
        for verb in VERBS:
            yield from commands(f"{path} {verb.name}", verb.load())
    elif isinstance(group, click.Group):
        for name, command in group.commands.items():
            yield from commands(f"{path} {name}", command)
    else:
        yield path, group


LEAVES = dict(commands())


def test_the_promised_verbs_are_there() -> None:
    assert set(PROMISED.split()) <= {verb.name for verb in VERBS}


@pytest.mark.parametrize("path", LEAVES)
def test_every_verb_explains_itself_with_an_example(path: str, casb: Casb) -> None:
    ended = casb(*path.split()[1:], "--help")

    assert ended.code == 0
    assert "Example: `casb" in (LEAVES[path].help or "")
    assert "casb" in ended.out


@pytest.mark.parametrize("path", LEAVES)
def test_every_verb_can_print_json(path: str) -> None:
    options = {name for param in LEAVES[path].params for name in param.opts}

    assert "--json" in options


@pytest.mark.parametrize("name", ["sites", "findings", "detectors", "keys"])
def test_a_group_explains_itself_with_an_example(name: str, casb: Casb) -> None:
    ended = casb(name, "-h")

    assert ended.code == 0
    assert "Example" in ended.out


def test_the_overview_imports_nothing_heavy() -> None:
    code = (
        "import sys; from connector.cli.main import run; run(['--help']); "
        "print('LOADED', *sys.modules)"
    )

    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    loaded = {name.partition(".")[0] for name in done.stdout.split("LOADED")[1].split()}
    assert not loaded & HEAVY


def test_a_verb_that_does_not_exist_is_a_usage_error(casb: Casb) -> None:
    ended = casb("scna")

    assert ended.code == 2
    assert "No such command 'scna'" in ended.err


def test_an_option_that_does_not_exist_is_a_usage_error(casb: Casb) -> None:
    assert casb("sites", "--jsn").code == 2


def test_without_a_verb_the_sites_are_listed(casb: Casb) -> None:
    casb("migrate")

    assert casb("sites", "--json").json == []
    assert casb("sites", "list", "--json").json == []
    assert casb("findings", "--status", "all", "--json").json == []


def test_a_malformed_setting_is_one_sentence_and_a_usage_error(casb: Casb) -> None:
    ended = casb("sites", CONCURRENCY="many")

    assert ended.code == 2
    assert ended.out == ""
    assert ended.said == (
        "Error: CASB_CONCURRENCY is 'many', but has to be a whole number from 1 to 10. "
        "Correct it: it comes from the environment."
    )


def test_a_database_that_was_never_migrated_names_the_remedy(casb: Casb) -> None:
    ended = casb("sites")

    assert ended.code == 1
    assert "casb migrate" in ended.said
    assert "Traceback" not in ended.err


def test_a_database_that_cannot_be_opened_names_the_setting(casb: Casb) -> None:
    ended = casb("migrate", DATABASE_URL="sqlite:////no/such/folder/casb.db")

    assert ended.code == 1
    assert "CASB_DATABASE_URL" in ended.said
    assert "Traceback" not in ended.err


def test_migrating_twice_changes_nothing(casb: Casb) -> None:
    first, second = casb("migrate", "--json"), casb("migrate", "--json")

    nothing = {"admin_created": False, "sites_to_authorise": 0}
    assert first.json == {"database": "sqlite:///casb.db", "changed": True} | nothing
    assert second.json == {"database": "sqlite:///casb.db", "changed": False} | nothing


@pytest.mark.parametrize(
    "arguments",
    [
        ("sites", "show", "nowhere.example"),
        ("sites", "set", "nowhere.example", "verify=true"),
        ("scan", "nowhere.example"),
        ("findings", "nowhere.example"),
        ("detectors", "list", "--site", "nowhere.example"),
        ("detectors", "disable", "unknown-access", "--site", "nowhere.example"),
    ],
)
def test_a_site_that_is_not_connected_is_named(
    arguments: tuple[str, ...], casb: Casb
) -> None:
    casb("migrate")

    ended = casb(*arguments)

    assert ended.code == 2
    assert "No site 'nowhere.example' is connected" in ended.said
    assert "casb install" in ended.said


@pytest.mark.parametrize(
    "finding_id", ["x", "6f1c2b34-0000-5000-8000-000000000000", "é", "../.."]
)
def test_a_finding_that_does_not_exist_is_named(finding_id: str, casb: Casb) -> None:
    casb("migrate")

    for verb in ("show", "resources"):
        ended = casb("findings", verb, finding_id)
        assert ended.code == 2
        assert f"There is no finding {finding_id!r}" in ended.said


def test_a_severity_that_does_not_exist_is_a_usage_error(casb: Casb) -> None:
    ended = casb("findings", "--severity", "urgent")

    assert ended.code == 2
    assert "critical" in ended.err


def test_an_unexpected_error_is_one_sentence(
    casb: Casb, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(DebugFile, "path", "")
    ended = _explode(casb, monkeypatch)

    assert ended.startswith("Error: Something unexpected happened (ZeroDivisionError).")
    assert "casb --debug" in ended
    assert "Traceback" not in ended


def test_with_debug_the_details_are_in_a_file_for_this_user_alone(
    casb: Casb, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(DebugFile, "path", "")
    root = logging.getLogger()
    before = (list(root.handlers), root.level)

    said = _explode(casb, monkeypatch, "--debug")

    [path] = [Path(name) for name in re.findall(r"/\S+\.log", said)]
    assert "ZeroDivisionError" in path.read_text()
    assert path.stat().st_mode & 0o077 == 0
    for handler in set(root.handlers) - set(before[0]):
        handler.close()
    root.handlers[:], root.level = before
    path.unlink()


def _explode(casb: Casb, monkeypatch: pytest.MonkeyPatch, *options: str) -> str:
    def explode(*_arguments: object, **_rest: object) -> None:
        raise ZeroDivisionError

    settings = next(verb for verb in VERBS if verb.name == "settings").load()
    monkeypatch.setattr(settings, "callback", explode)
    ended = casb(*options, "settings")
    assert ended.code == 1
    assert ended.out == ""
    return ended.said


def test_stopping_is_no_error_of_ours(
    casb: Casb, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(**_rest: object) -> None:
        raise KeyboardInterrupt

    settings = next(verb for verb in VERBS if verb.name == "settings").load()
    monkeypatch.setattr(settings, "callback", stop)

    assert run(["settings"]) == 130
