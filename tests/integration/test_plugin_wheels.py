"""Installing a wheel adds the detector, uninstalling it removes it."""

import json
import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from shutil import copy2
from typing import Any

import pip
import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.timeout(180)  # ten seconds, but many processes

SDK, FIRST, SECOND = (
    ROOT / "sdk",
    ROOT / "plugins" / "unknown_content_edit",
    ROOT / "plugins" / "external_access",
)

LIST_PLUGINS = """
import json
from casb_sdk.registry import load_registry
registry = load_registry()
print(json.dumps({
    "detectors": sorted(registry.detectors),
    "verified": all(d.manifest.is_verified for d in registry.detectors.values()),
    "failures": [str(failure) for failure in registry.failures],
    "warnings": registry.warnings,
}))
"""


def run(*command: str | Path, **environment: str) -> str:
    done = subprocess.run(  # noqa: S603 - our own interpreter, our own arguments
        list(map(str, command)),
        capture_output=True,
        text=True,
        check=False,
        env=environment or None,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


class Environment:
    """A throw-away environment that sees nothing of ours but what it is given."""

    def __init__(self, folder: Path) -> None:
        run(sys.executable, "-m", "venv", "--without-pip", folder)
        self.python = folder / "bin" / "python"
        self.packages = Path(
            run(
                self.python,
                "-c",
                "import sysconfig; print(sysconfig.get_path('purelib'))",
            ).strip()
        )
        self.tools = folder / "tools"
        self.tools.mkdir()
        (self.tools / "pip").symlink_to(Path(pip.__file__).parent)

    def borrow(self, requirement: str) -> None:
        """Copy an installed distribution, and what it needs, from ours."""
        wanted = Requirement(requirement)
        if wanted.marker and not wanted.marker.evaluate({"extra": ""}):
            return
        distribution = metadata.distribution(wanted.name)
        files = [file for file in distribution.files or () if ".." not in file.parts]
        if (self.packages / files[0]).exists():
            return
        for file in files:
            if file.suffix == ".pyc":
                continue
            target = self.packages / file
            target.parent.mkdir(parents=True, exist_ok=True)
            copy2(str(file.locate()), target)
        for needed in distribution.requires or ():
            self.borrow(needed)

    def pip(self, *arguments: str | Path) -> None:
        """Run our pip in this environment, which has none of its own."""
        command = (self.python, "-m", "pip", "--disable-pip-version-check", "--quiet")
        run(*command, *arguments, PYTHONPATH=str(self.tools))

    def install(self, wheel: Path) -> None:
        self.pip("install", "--no-index", wheel)

    def uninstall(self, *distributions: str) -> None:
        self.pip("uninstall", "--yes", *distributions)

    def detectors(self) -> list[str]:
        """Return the names of the distributions of detectors in it."""
        installed = metadata.distributions(path=[str(self.packages)])
        return [d.name for d in installed if d.name.startswith("casb-detector-")]

    def registry(self) -> dict[str, Any]:
        """Return what the SDK of this environment loads, in a process of its own."""
        found: dict[str, Any] = json.loads(run(self.python, "-I", "-c", LIST_PLUGINS))
        return found


def wheel_of(project: Path, folder: Path) -> Path:
    build = (sys.executable, "-m", "build", "--no-isolation", "--wheel")
    run(*build, "--outdir", folder / project.name, project)
    [wheel] = (folder / project.name).glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> dict[Path, Path]:
    folder = tmp_path_factory.mktemp("wheels")
    return {project: wheel_of(project, folder) for project in (SDK, FIRST, SECOND)}


@pytest.fixture(scope="module")
def with_sdk(
    tmp_path_factory: pytest.TempPathFactory, wheels: dict[Path, Path]
) -> Environment:
    environment = Environment(tmp_path_factory.mktemp("environment"))
    for requirement in metadata.requires("casb-sdk") or ():
        environment.borrow(requirement)
    environment.install(wheels[SDK])
    return environment


@pytest.fixture
def environment(with_sdk: Environment) -> Iterator[Environment]:
    yield with_sdk
    if left_over := with_sdk.detectors():
        with_sdk.uninstall(*left_over)


def test_a_wheel_adds_its_detector_and_takes_it_away_again(
    environment: Environment, wheels: dict[Path, Path]
) -> None:
    assert environment.registry()["detectors"] == []

    environment.install(wheels[FIRST])
    one = environment.registry()
    environment.install(wheels[SECOND])
    two = environment.registry()
    environment.uninstall("casb-detector-unknown-content-edit")
    other = environment.registry()

    assert one == {
        "detectors": ["unknown-content-edit"],
        "verified": True,
        "failures": [],
        "warnings": [],
    }
    assert two["detectors"] == ["external-access", "unknown-content-edit"]
    assert other["detectors"] == ["external-access"]


def test_a_wheel_whose_manifest_was_changed_is_refused(
    environment: Environment, wheels: dict[Path, Path]
) -> None:
    environment.install(wheels[FIRST])
    [manifest] = environment.packages.glob("casb_detector_*/detector.yml")
    text = manifest.read_text("utf-8").replace("severity: critical", "severity: low")
    manifest.write_text(text, "utf-8")

    registry = environment.registry()

    assert registry["detectors"] == []
    [failure] = registry["failures"]
    assert "casb-detector-unknown-content-edit 0.1.0" in failure
    assert "its hash differs" in failure
