"""What has to be known before code runs: scopes, plugins allowed, Atlassian's apps."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, cast

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from connector.domain.errors import SettingError

PACKAGED = Path(__file__).parent / "_manifests"
IN_REPOSITORY = Path(__file__).parents[1] / "manifests"
ANY_PLUGIN = "any"

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ScopeNeed:
    """A scope, and what it is for; an optional one is used where it was granted."""

    scope: str
    reason: str
    is_optional: bool = False


@dataclass(frozen=True, slots=True)
class Manifests:
    """The manifests that the bootstrap reads, from a folder."""

    folder: Path

    @classmethod
    def shipped(cls) -> "Manifests":
        """Return those of the wheel or, in a checkout, those beside the package."""
        return cls(PACKAGED if PACKAGED.is_dir() else IN_REPOSITORY)

    def scopes(self, profile: str) -> tuple[ScopeNeed, ...]:
        """Return the scopes of a profile."""
        rows = self._read("connector")["oauth"]["profiles"][profile]
        return tuple(
            ScopeNeed(row["scope"], row["for"], row.get("optional", False))
            for row in rows
        )

    @property
    def permissions(self) -> int:
        """The version of the scope lists, which a consent is asked with."""
        return int(self._read("connector")["oauth"]["permissions"])

    def required_scopes(self, profile: str) -> frozenset[str]:
        """Return the scopes without which a profile does not work."""
        needs = self.scopes(profile)
        return frozenset(need.scope for need in needs if not need.is_optional)

    def allowed_plugins(self) -> tuple[Values, ...] | None:
        """Return the plugins that may load; None if any may."""
        plugins = self._read("connector")["plugins"]
        if plugins["policy"] == ANY_PLUGIN:
            return None
        return tuple(plugins.get("allow", ()))

    def atlassian_apps(self) -> dict[str, str]:
        """Return the names of Atlassian's own apps by account id."""
        rows = self._read("atlassian_apps")["apps"]
        return {row["account_id"]: row["name"] for row in rows}

    def _read(self, name: str) -> Values:
        return _values(self.folder / f"{name}.yml", self.folder / f"schema/{name}.json")


@cache
def _values(path: Path, schema: Path) -> Values:
    try:
        values = yaml.safe_load(path.read_text("utf-8"))
        rules = json.loads(schema.read_text("utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        raise SettingError(
            f"{path} cannot be read: {reason}.", "Put the file of the release back."
        ) from None
    problem = best_match(Draft202012Validator(rules).iter_errors(values))
    if problem is not None:
        where = "/".join(map(str, problem.absolute_path)) or "the file"
        raise SettingError(
            f"{path} is malformed at {where}: {problem.message}.",
            f"Correct it; {schema} says what may stand there.",
        )
    return cast("Values", values)
