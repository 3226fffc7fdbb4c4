"""What a plugin says of itself before any of its code runs: ``detector.yml``."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib.metadata import Distribution
from importlib.resources import files
from textwrap import shorten
from typing import Any

import yaml
from jsonschema import Draft202012Validator, SchemaError
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from referencing import Registry
from referencing.exceptions import Unresolvable

from casb_sdk.finding import Severity
from casb_sdk.package_files import PackageFile, PackageFileError, read_package_file

MANIFEST_FILE = "detector.yml"
SHOWN_PROBLEMS = 5
MAX_PROBLEM = 200
KEPT_FILES = 64
NO_SETTINGS: Mapping[str, object] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {},
}
# PyYAML has it where it was built with libyaml, and then takes a tenth of the time.
QUICK_LOADER: type[yaml.CSafeLoader | yaml.SafeLoader] = getattr(
    yaml, "CSafeLoader", yaml.SafeLoader
)
CORRECT_IT = "get a corrected release from its publisher, or uninstall it"


class ManifestError(ValueError):
    """A manifest cannot be used; says whose it is, what is wrong and what to do."""

    def __init__(
        self, distribution: str, file: str, problem: str, remedy: str = CORRECT_IT
    ) -> None:
        super().__init__(f"{distribution}: {file}: {problem}; {remedy}")
        self.distribution = distribution
        self.file = file
        self.problem = problem
        self.remedy = remedy


class ConfigError(ValueError):
    """A site's settings for a detector do not fit the schema of its settings."""


@dataclass(frozen=True, slots=True)
class Publisher:
    """Who answers for a plugin."""

    name: str
    url: str = ""
    security_contact: str = ""


@dataclass(frozen=True, slots=True)
class DeclaredDetector:
    """A detector as the manifest announces it."""

    id: str
    module: str
    resources: tuple[str, ...]
    severity: Severity
    config_schema: Mapping[str, Any] = field(default_factory=lambda: NO_SETTINGS)
    frameworks: tuple[str, ...] = ()

    @property
    def default_config(self) -> dict[str, object]:
        """The settings a site has that changes none."""
        properties: Mapping[str, Any] = self.config_schema.get("properties", {})
        return {name: schema["default"] for name, schema in properties.items()}

    def configured(self, settings: Mapping[str, object]) -> dict[str, object]:
        """Return a site's settings with the defaults filled in, or refuse them."""
        config = self.default_config | dict(settings)
        if problems := list(_problems(self.config_schema, config)):
            raise ConfigError("; ".join(problems))
        return config


@dataclass(frozen=True, slots=True)
class DetectorManifest:
    """The content of a ``detector.yml``.

    ``is_verified`` tells whether RECORD vouched for it, which it cannot for an
    editable installation.
    """

    id: str
    name: str
    description: str
    publisher: Publisher
    python: SpecifierSet
    sdk: SpecifierSet
    timeout_seconds: float
    memory_mb: int
    detectors: tuple[DeclaredDetector, ...]
    data: frozenset[str]
    scopes: frozenset[str]
    is_verified: bool


def read_manifest(distribution: Distribution, package: str) -> DetectorManifest:
    """Return the manifest of an installed plugin without importing the plugin."""
    return _Reader(distribution, package).manifest()


@cache
def manifest_schema() -> Mapping[str, Any]:
    """Return the JSON Schema of ``detector.yml``."""
    path = files("casb_sdk") / "schema" / "detector.json"
    schema: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return schema


@dataclass(frozen=True, slots=True)
class _Reader:
    distribution: Distribution
    package: str

    def manifest(self) -> DetectorManifest:
        file = self._file(MANIFEST_FILE)
        document = self._document(file)
        plugin, runtime = document["plugin"], document["runtime"]
        return DetectorManifest(
            id=plugin["id"],
            name=plugin["name"],
            description=plugin["description"],
            publisher=Publisher(**plugin["publisher"]),
            python=self._range(runtime["python"]),
            sdk=self._range(runtime["sdk"]),
            timeout_seconds=float(_given(runtime, "timeout_seconds")),
            memory_mb=_given(runtime, "memory_mb"),
            detectors=tuple(map(self._detector, document["detectors"])),
            data=frozenset(document["permissions"]["data"]),
            scopes=frozenset(document["permissions"].get("scopes", ())),
            is_verified=file.is_verified,
        )

    def _document(self, file: PackageFile) -> Mapping[str, Any]:
        try:
            document, problem = _manifest_of(file.content)
        except (yaml.YAMLError, ValueError) as error:
            raise self._error(f"it is not plain YAML ({_line(error)})") from error
        if problem:
            raise self._error(problem)
        return document

    def _detector(self, declared: Mapping[str, Any]) -> DeclaredDetector:
        return DeclaredDetector(
            id=declared["id"],
            module=declared["module"],
            resources=tuple(declared["resources"]),
            severity=Severity(declared["severity"]),
            config_schema=(
                self._config_schema(declared["config"])
                if "config" in declared
                else NO_SETTINGS
            ),
            frameworks=tuple(declared.get("frameworks", ())),
        )

    def _config_schema(self, name: str) -> Mapping[str, Any]:
        try:
            schema, problem = _settings_of(self._file(name).content)
        except ValueError as error:
            raise self._error(f"it is not JSON ({error})", name) from error
        except SchemaError as error:
            problem = f"it is no JSON Schema ({error.message})"
            raise self._error(problem, name) from error
        if problem:
            raise self._error(problem, name)
        return schema

    def _range(self, text: str) -> SpecifierSet:
        try:
            return SpecifierSet(text)
        except InvalidSpecifier as error:
            problem = f"runtime: {text!r} is no range of versions such as '>=1.2,<2'"
            raise self._error(problem) from error

    def _file(self, name: str) -> PackageFile:
        try:
            return read_package_file(self.distribution, f"{self.package}/{name}")
        except PackageFileError as error:
            raise self._error(error.problem, name, error.remedy) from error

    def _error(
        self, problem: str, name: str = MANIFEST_FILE, remedy: str = CORRECT_IT
    ) -> ManifestError:
        whose = f"{self.distribution.name} {self.distribution.version}"
        return ManifestError(whose, f"{self.package}/{name}", problem, remedy)


@lru_cache(KEPT_FILES)
def _manifest_of(content: bytes) -> tuple[Mapping[str, Any], str]:
    """Return what a manifest says and what is wrong with it; each is looked at once."""
    document = _plain_yaml(content)
    if problems := "; ".join(_problems(manifest_schema(), document)):
        return {}, problems
    ids = [detector["id"] for detector in document["detectors"]]
    is_double = len(set(ids)) < len(ids)
    return document, "detectors: an id is declared twice" if is_double else ""


@lru_cache(KEPT_FILES)
def _settings_of(content: bytes) -> tuple[Mapping[str, Any], str]:
    """Return a schema of settings and what is wrong with it; each is looked at once."""
    schema = json.loads(content)
    Draft202012Validator.check_schema(schema)
    return schema, _settings_problem(schema)


def _plain_yaml(content: bytes) -> Any:
    """Return what YAML says; no aliases: a few bytes of them can be gigabytes."""
    events = yaml.parse(content, QUICK_LOADER)
    if any(isinstance(event, yaml.AliasEvent) for event in events):
        raise yaml.YAMLError("aliases are not allowed")
    return yaml.load(content, QUICK_LOADER)  # noqa: S506 - it is a safe one


def _problems(schema: Mapping[str, Any], document: object) -> Iterator[str]:
    # Without a registry of its own the validator fetches what "$ref" points at.
    validator = Draft202012Validator(schema, registry=Registry())
    try:
        misfits = sorted(validator.iter_errors(document), key=lambda m: m.json_path)
    except Unresolvable as error:
        yield f"the schema points outside of itself: {error.ref}"
        return
    for misfit in misfits[:SHOWN_PROBLEMS]:
        where = ".".join(map(str, misfit.path)) or "top level"
        yield f"{where}: {shorten(misfit.message, MAX_PROBLEM)}"


def _settings_problem(schema: object) -> str:
    if not isinstance(schema, dict) or schema.get("type") != "object":
        return "it must describe an object"
    properties: Mapping[str, Any] = schema.get("properties", {})
    lacking = [
        name
        for name, described in properties.items()
        if not isinstance(described, dict) or "default" not in described
    ]
    if lacking:
        return f"no default for {', '.join(lacking)}"
    defaults = {name: described["default"] for name, described in properties.items()}
    misfits = "; ".join(_problems(schema, defaults))
    return misfits and f"its own defaults do not fit it: {misfits}"


def _given(runtime: Mapping[str, Any], name: str) -> Any:
    properties = manifest_schema()["properties"]["runtime"]["properties"]
    return runtime.get(name, properties[name]["default"])


def _line(error: Exception) -> str:
    return " ".join(str(error).split())
