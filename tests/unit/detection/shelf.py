"""Plugins on disk as an installer leaves them, so that tests need install none."""

import hashlib
import json
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from copy import deepcopy
from importlib import metadata
from importlib.metadata import Distribution, EntryPoint
from pathlib import Path
from typing import Any

import yaml

from casb_sdk.hookspecs import ENTRY_POINT_GROUP

PACKAGE_PREFIX = "plugin_under_test_"

HONEST = """
from casb_sdk import Detector, Severity, hookimpl

class Example(Detector):
    id = "{id}"
    title = "Example"
    severity = Severity.LOW
    rationale = "It is wrong."
    remediation = "Mend it."

@hookimpl
def casb_detectors():
    return [Example()]
"""

Change = Callable[[dict[str, Any]], object]


def package_of(id_: str, distribution: str = "") -> str:
    return PACKAGE_PREFIX + (distribution or id_).replace("-", "_")


def manifest_of(id_: str, package: str = "") -> dict[str, Any]:
    return {
        "manifest": 1,
        "plugin": {
            "id": id_,
            "name": "Example",
            "description": "Flags examples.",
            "publisher": {"name": "Example Ltd"},
        },
        "runtime": {"python": ">=3.11", "sdk": ">=0.1,<1"},
        "detectors": [
            {
                "id": id_,
                "module": f"{package or package_of(id_)}.detector",
                "resources": ["space"],
                "severity": "low",
            }
        ],
        "permissions": {"data": ["space-permissions"]},
    }


class Shelf:
    """A folder that holds installed distributions, as site-packages does."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def install(
        self,
        id_: str,
        *,
        distribution: str = "",
        version: str = "1.0",
        code: str = HONEST,
        change: Change = lambda manifest: None,
        files: Mapping[str, str] | None = None,
    ) -> Distribution:
        """Put a plugin on the shelf; ``change`` edits its manifest first."""
        package = package_of(id_, distribution)
        manifest = deepcopy(manifest_of(id_, package))
        change(manifest)
        installed = {
            f"{package}/__init__.py": "",
            f"{package}/detector.py": code.replace("{id}", id_),
            f"{package}/detector.yml": yaml.safe_dump(manifest),
        }
        installed |= {f"{package}/{name}": text for name, text in (files or {}).items()}
        return self._write(
            distribution or f"casb-detector-{id_}",
            version,
            {id_: f"{package}.detector"},
            installed,
        )

    def entry_points(self) -> list[EntryPoint]:
        """Return the entry points of all that stands on the shelf."""
        return [
            entry_point
            for distribution in metadata.distributions(path=[str(self.folder)])
            for entry_point in distribution.entry_points
        ]

    def distribution(self, name: str) -> Distribution:
        """Return an installed distribution."""
        [found] = metadata.distributions(name=name, path=[str(self.folder)])
        return found

    def dist_info(self, name: str) -> Path:
        """Return the folder of a distribution's metadata."""
        [found] = self.folder.glob(f"{name.replace('-', '_')}-*.dist-info")
        return found

    def make_editable(self, name: str) -> None:
        """Turn an installation into one from a folder under development."""
        origin = {"url": self.folder.as_uri(), "dir_info": {"editable": True}}
        info = self.dist_info(name)
        (info / "direct_url.json").write_text(json.dumps(origin), "utf-8")
        (info / "RECORD").write_text(f"{info.name}/METADATA,,\n", "utf-8")

    def _write(
        self,
        name: str,
        version: str,
        entry_points: Mapping[str, str],
        files: Mapping[str, str],
    ) -> Distribution:
        info = f"{name.replace('-', '_')}-{version}.dist-info"
        lines = (f"{id_} = {value}" for id_, value in entry_points.items())
        written = {
            **files,
            f"{info}/METADATA": (
                f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
            ),
            f"{info}/entry_points.txt": "\n".join([f"[{ENTRY_POINT_GROUP}]", *lines]),
        }
        for path, text in written.items():
            target = self.folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, "utf-8")
        record = [f"{path},sha256={_hash(text)}," for path, text in written.items()]
        rows = "\n".join([*record, f"{info}/RECORD,,"])
        (self.folder / info / "RECORD").write_text(rows, "utf-8")
        return self.distribution(name)


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return urlsafe_b64encode(digest).rstrip(b"=").decode()
