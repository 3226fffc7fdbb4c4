"""Files of an installed distribution, read without importing and checked by RECORD."""

import hashlib
import json
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from importlib.metadata import Distribution, FileHash
from importlib.util import find_spec
from pathlib import Path
from typing import NoReturn

MAX_BYTES = 256 * 1024
TRUSTED_HASHES = frozenset({"sha256", "sha384", "sha512"})
WRITTEN_BY_INSTALLERS = frozenset(
    {
        "INSTALLER",
        "RECORD",
        "REQUESTED",
        "direct_url.json",
        "uv_build.json",
        "uv_cache.json",
    }
)
REINSTALL = "uninstall it and install it again from a source you trust"


class PackageFileError(Exception):
    """A file of a distribution cannot be used; says why and what to do."""

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(f"{problem}; {remedy}")
        self.problem = problem
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class PackageFile:
    """The bytes of a file; an editable installation has no hash to check them by."""

    content: bytes
    is_verified: bool


def read_package_file(distribution: Distribution, path: str) -> PackageFile:
    """Return a file of an installed distribution, such as ``package/detector.yml``.

    The file is found through the list of installed files, so nothing of the
    package runs. Only an editable installation, which lists none, is asked where
    its package lies.
    """
    recorded = {file.as_posix(): file for file in distribution.files or ()}.get(path)
    if recorded is None:
        if not is_editable(distribution):
            _refuse("it is not among the installed files", "install a release with it")
        return PackageFile(_read(_beside_the_source(path)), is_verified=False)
    content = _read(Path(str(recorded.locate())))
    if recorded.hash is None:
        _refuse("RECORD has no hash for it", REINSTALL)
    if not _matches(content, recorded.hash):
        _refuse("it is not the file that was installed: its hash differs", REINSTALL)
    return PackageFile(content, is_verified=True)


def is_editable(distribution: Distribution) -> bool:
    """Return whether a distribution is installed from a folder under development."""
    origin = json.loads(distribution.read_text("direct_url.json") or "{}")
    return bool(origin.get("dir_info", {}).get("editable"))


def content_sha256(distribution: Distribution) -> str:
    """Return one hash over all files of an installed wheel, whoever installed it.

    It covers path and content of every file but those that installers write, and
    an editable installation has none. A file that differs from RECORD is refused.
    """
    if is_editable(distribution):
        _refuse("it is installed editable, so nothing fixes its files", REINSTALL)
    lines = []
    for file in distribution.files or ():
        if file.name in WRITTEN_BY_INSTALLERS or file.suffix == ".pyc":
            continue
        content = Path(str(file.locate())).read_bytes()
        if file.hash is None or not _matches(content, file.hash):
            _refuse(f"{file} is not the file that was installed", REINSTALL)
        lines.append(f"{file.as_posix()} {hashlib.sha256(content).hexdigest()}\n")
    return hashlib.sha256("".join(sorted(lines)).encode()).hexdigest()


def _refuse(problem: str, remedy: str) -> NoReturn:
    raise PackageFileError(problem, remedy)


def _beside_the_source(path: str) -> Path:
    package, _, inside = path.partition("/")
    # Asking for a top-level package looks it up and runs nothing of it.
    spec = find_spec(package)
    folders = list(spec.submodule_search_locations or ()) if spec else []
    if not folders:
        _refuse(f"the package {package} cannot be found", "install the plugin again")
    return Path(folders[0], inside)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        _refuse(f"it cannot be read ({error.strerror})", "install the plugin again")
    if len(content) > MAX_BYTES:
        _refuse(f"it is larger than {MAX_BYTES} bytes", "shorten it")
    return content


def _matches(content: bytes, recorded: FileHash) -> bool:
    if recorded.mode not in TRUSTED_HASHES:
        return False
    digest = hashlib.new(recorded.mode, content).digest()
    return urlsafe_b64encode(digest).rstrip(b"=").decode() == recorded.value
