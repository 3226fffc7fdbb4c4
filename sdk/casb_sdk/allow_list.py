"""Which plugins an operator lets load: by id, version and content."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import Distribution
from typing import Any, Self

from packaging.specifiers import SpecifierSet

from casb_sdk.package_files import content_sha256


@dataclass(frozen=True, slots=True)
class AllowedPlugin:
    """A plugin that may load; an empty hash leaves its content open."""

    id: str
    version: SpecifierSet
    record_sha256: str = ""


@dataclass(frozen=True, slots=True)
class AllowList:
    """The plugins an operator lets load; all others are refused unread."""

    plugins: Mapping[str, AllowedPlugin]

    @classmethod
    def of(cls, entries: Iterable[Mapping[str, Any]]) -> Self:
        """Return the entries of ``plugins.allow`` in ``connector.yml``."""
        allowed = (
            AllowedPlugin(
                entry["id"],
                SpecifierSet(entry.get("version", "")),
                entry.get("record_sha256", ""),
            )
            for entry in entries
        )
        return cls({plugin.id: plugin for plugin in allowed})

    def objection(self, plugin_id: str, distribution: Distribution) -> str:
        """Return why a plugin may not load, or nothing if it may."""
        allowed = self.plugins.get(plugin_id)
        if allowed is None:
            return "the allow-list does not name it"
        if not allowed.version.contains(distribution.version, prereleases=True):
            return f"the allow-list names only its versions {allowed.version}"
        expected = allowed.record_sha256
        if expected and (found := content_sha256(distribution)) != expected:
            return (
                f"its content is not what the allow-list names (record_sha256 {found})"
            )
        return ""
