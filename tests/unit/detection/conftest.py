import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.detection.shelf import PACKAGE_PREFIX, Shelf


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shelf]:
    """A place to install plugins at; what they import is forgotten afterwards."""
    monkeypatch.syspath_prepend(tmp_path)
    yield Shelf(tmp_path)
    for name in [name for name in sys.modules if name.startswith(PACKAGE_PREFIX)]:
        del sys.modules[name]
