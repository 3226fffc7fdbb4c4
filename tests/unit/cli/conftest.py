from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import orjson
import pytest

from connector.cli.main import run


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        """What stands on stderr, on one line."""
        return " ".join(self.err.split())

    @property
    def json(self) -> object:
        """The one JSON document on stdout."""
        return orjson.loads(self.out)


Casb = Callable[..., Ended]


@pytest.fixture
def casb(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Casb:
    """Run `casb` in a folder of the test's own, with settings given by name."""
    monkeypatch.chdir(tmp_path)

    def command(*arguments: str, **settings: str) -> Ended:
        with monkeypatch.context() as environment:
            for name, value in settings.items():
                environment.setenv(f"CASB_{name}", value)
            code = run(arguments)
        captured = capsys.readouterr()
        return Ended(code, captured.out, captured.err)

    return command
