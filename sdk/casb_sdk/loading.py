"""Takes plugins in one by one, so that a broken one stops no other."""

import logging
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from importlib.metadata import Distribution, EntryPoint
from traceback import format_exception_only
from typing import Self, TypeVar

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from casb_sdk.allow_list import AllowList
from casb_sdk.manifest import DetectorManifest, ManifestError, read_manifest
from casb_sdk.package_files import PackageFileError
from casb_sdk.plugin import Plugin, PluginRefusedError, plugin_of

logger = logging.getLogger(__name__)

NAMELESS = "?"
MAX_REASON = 500
MEND_IT = "upgrade it, install what it lacks, or uninstall it"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PluginFailure:
    """A plugin that was not taken in, why, and what to do about it.

    ``detector_ids`` are those its manifest declares or, if that could not be read,
    the name of the entry point.
    """

    entry_point: str
    distribution: str
    version: str
    reason: str
    remedy: str
    detector_ids: tuple[str, ...] = ()

    def __str__(self) -> str:
        whose = f"{self.distribution} {self.version}"
        return f"{self.entry_point} ({whose}): {self.reason}; {self.remedy}"


@dataclass(frozen=True, slots=True)
class _Candidate:
    entry_point: EntryPoint
    distribution: Distribution
    name: str
    version: str

    @classmethod
    def of(cls, entry_point: EntryPoint, distribution: Distribution) -> Self:
        try:
            name, version = distribution.name, distribution.version
        except (TypeError, ValueError, OSError):
            name = version = ""
        return cls(entry_point, distribution, name or NAMELESS, version or NAMELESS)

    @property
    def id(self) -> str:
        return self.entry_point.name

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


class Loader:
    """Judges plugins; keeps what it refused and what it warns of.

    Nothing of a plugin runs before its name, its place on the allow-list, its
    manifest and the version of the SDK it is made for have been checked.
    """

    def __init__(
        self, allow: AllowList | None, api_version: str, api_floor: str
    ) -> None:
        self.failures: list[PluginFailure] = []
        self.warnings: list[str] = []
        self._allow = allow
        self._api_version = Version(api_version)
        self._api_floor = Version(api_floor)
        self._manifests: dict[_Candidate, DetectorManifest] = {}

    def load(
        self, entry_points: Iterable[EntryPoint], only: Collection[str] | None = None
    ) -> list[Plugin]:
        """Return the plugins that can be used, ordered by name."""
        candidates = self._without_rivals(
            self._chosen(entry_points, only), lambda candidate: [candidate.id]
        )
        for candidate in candidates:
            if manifest := self._attempt(candidate, self._announced):
                self._manifests[candidate] = manifest
        distinct = self._without_rivals(list(self._manifests), self._declared_ids)
        plugins = (self._attempt(candidate, self._taken_in) for candidate in distinct)
        return [plugin for plugin in plugins if plugin]

    def _chosen(
        self, entry_points: Iterable[EntryPoint], only: Collection[str] | None
    ) -> list[_Candidate]:
        candidates = [
            _Candidate.of(entry_point, entry_point.dist)
            for entry_point in entry_points
            if entry_point.dist is not None
            and (only is None or entry_point.name in only)
        ]
        for missing in sorted(set(only or ()) - {c.id for c in candidates}):
            self.warnings.append(f"no installed plugin is called {missing}")
        return sorted(candidates, key=lambda c: (c.id, c.name))

    def _without_rivals(
        self,
        candidates: Collection[_Candidate],
        ids_of: Callable[[_Candidate], Iterable[str]],
    ) -> list[_Candidate]:
        claims = defaultdict(list)
        for candidate in candidates:
            for id_ in ids_of(candidate):
                claims[id_].append(candidate)
        alone = []
        for candidate in candidates:
            rivals = {
                f"{id_!r} is also the id of a detector of {rival}"
                for id_ in ids_of(candidate)
                for rival in claims[id_]
                if rival is not candidate
            }
            if rivals:
                reason = "; ".join(sorted(rivals))
                self._fail(candidate, reason, "uninstall one of them: neither loads")
            else:
                alone.append(candidate)
        return alone

    def _attempt(
        self, candidate: _Candidate, step: Callable[[_Candidate], T]
    ) -> T | None:
        try:
            return step(candidate)
        except PluginRefusedError as refusal:
            self._fail(candidate, refusal.reason, refusal.remedy)
        except PackageFileError as error:
            self._fail(candidate, error.problem, error.remedy)
        except ManifestError as error:
            self._fail(candidate, f"{error.file}: {error.problem}", error.remedy)
        except (Exception, SystemExit) as error:
            logger.debug("%s failed to load", candidate, exc_info=True)
            self._fail(candidate, one_line(error), MEND_IT)
        return None

    def _fail(self, candidate: _Candidate, reason: str, remedy: str) -> None:
        self.failures.append(
            PluginFailure(
                candidate.id,
                candidate.name,
                candidate.version,
                reason,
                remedy,
                self._declared_ids(candidate) or (candidate.id,),
            )
        )

    def _declared_ids(self, candidate: _Candidate) -> tuple[str, ...]:
        manifest = self._manifests.get(candidate)
        return tuple(d.id for d in manifest.detectors) if manifest else ()

    def _announced(self, candidate: _Candidate) -> DetectorManifest:
        if NAMELESS in {candidate.name, candidate.version}:
            raise PluginRefusedError(
                "its distribution has no name or version", "install it again"
            )
        if self._allow and (
            objection := self._allow.objection(candidate.id, candidate.distribution)
        ):
            raise PluginRefusedError(
                objection, "allow it in manifests/connector.yml, or uninstall it"
            )
        package = candidate.entry_point.module.partition(".")[0]
        manifest = read_manifest(candidate.distribution, package)
        if manifest.id != candidate.id:
            raise PluginRefusedError(
                f"its manifest calls it {manifest.id!r}", "report it to its publisher"
            )
        self._check_api(candidate, manifest.sdk)
        return manifest

    def _check_api(self, candidate: _Candidate, wanted: SpecifierSet) -> None:
        current = self._api_version
        if wanted.contains(current, prereleases=True):
            return
        named = {Version(s.version.removesuffix(".*")) for s in wanted}
        served = {
            v for v in named | {self._api_floor} if self._api_floor <= v < current
        }
        made_for = f"is made for version {wanted} of the SDK's API"
        if not any(wanted.contains(version, prereleases=True) for version in served):
            raise PluginRefusedError(
                f"it {made_for}; this is {current}",
                "install a release of it, or of casb-sdk, that fits the other",
            )
        self.warnings.append(
            f"{candidate.id} ({candidate}) {made_for}; {current} still serves it, "
            "but not for ever: look for a newer release of it"
        )

    def _taken_in(self, candidate: _Candidate) -> Plugin:
        return plugin_of(
            candidate.entry_point.load(),
            candidate.id,
            self._manifests[candidate],
            (candidate.name, candidate.version),
        )


def one_line(error: BaseException) -> str:
    """Return an error's class and message, however hostile, as one short line."""
    text = " ".join(format_exception_only(error)[-1].split())
    return text if len(text) <= MAX_REASON else f"{text[:MAX_REASON]}…"
