import io
import sys
from pathlib import Path

import pytest

from connector.cli.main import run
from connector.cli.output import cell, clean, print_json, warn


@pytest.mark.parametrize(
    "hostile", ["\x1b[2J", "\x07", "\x9b31m", "\u202egnp.exe", "a\rb", "\x00"]
)
def test_what_strangers_wrote_steers_no_terminal(hostile: str) -> None:
    for shown in (clean(hostile), cell(hostile).plain):
        assert "\ufffd" in shown
        assert not set(shown) & set("\x00\x07\x1b\x9b\r\u202e")


def test_what_strangers_wrote_is_no_markup(
    capsys: pytest.CaptureFixture[str],
) -> None:
    warn("[bold]page[/bold] :smile: [link=http://x]y[/link]")

    shown = capsys.readouterr().err
    assert "[bold]page[/bold] :smile: [link=http://x]y[/link]" in shown


def test_letters_of_every_script_stay() -> None:
    text = "Контракты, 手順, Straße, עברית, 👍"

    assert clean(text) == text


@pytest.mark.parametrize("verb", ["settings", "detectors"])
def test_a_terminal_that_knows_ascii_alone_is_enough(
    verb: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", stream)

    assert run([verb]) == 0


def test_json_is_utf_8_whatever_the_terminal_knows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))

    print_json({"title": "手順"})

    assert raw.getvalue().decode() == '{\n  "title": "手順"\n}\n'
