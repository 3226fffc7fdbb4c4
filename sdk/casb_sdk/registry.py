"""The detectors that are installed, and why some plugins cannot be used."""

import logging
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import metadata
from importlib.metadata import EntryPoint

from casb_sdk import hookspecs
from casb_sdk.allow_list import AllowList
from casb_sdk.api_version import API_COMPAT_FLOOR, API_VERSION
from casb_sdk.detector import Detector
from casb_sdk.finding import Finding
from casb_sdk.loading import Loader, PluginFailure
from casb_sdk.manifest import DeclaredDetector, DetectorManifest
from casb_sdk.plugin import Plugin
from casb_sdk.space import SpaceAccess

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class InstalledDetector:
    """A detector that may run, what was declared of it, and where it came from."""

    detector: Detector
    declared: DeclaredDetector
    manifest: DetectorManifest
    distribution: str
    version: str

    @property
    def id(self) -> str:
        """The id of the detector."""
        return self.detector.id


@dataclass(frozen=True, slots=True)
class Registry:
    """What loaded, and what did not; made once, when a process starts."""

    detectors: Mapping[str, InstalledDetector] = field(default_factory=dict)
    failures: tuple[PluginFailure, ...] = ()
    warnings: tuple[str, ...] = ()
    plugins: tuple[Plugin, ...] = ()
    _complained: set[str] = field(default_factory=set, repr=False, compare=False)

    def enrich(self, finding: Finding, space: SpaceAccess) -> Mapping[str, str]:
        """Return the labels that the plugins give a finding, merged.

        A plugin that fails gives none and does not stop the others; it is logged
        the first time.
        """
        labels: dict[str, str] = {}
        for plugin in self.plugins:
            if not plugin.enriches:
                continue
            try:
                labels |= plugin.labels(finding, space)
            except (Exception, SystemExit):
                if plugin.name not in self._complained:
                    logger.exception("%s could not label a finding", plugin)
                self._complained.add(plugin.name)
        return labels


def load_registry(
    entry_points: Iterable[EntryPoint] | None = None,
    only: Collection[str] | None = None,
    allow: AllowList | None = None,
    *,
    api_version: str = API_VERSION,
    api_floor: str = API_COMPAT_FLOOR,
) -> Registry:
    """Load the installed plugins; one that cannot be used never stops the others.

    ``only`` names the plugins to load and ``allow`` those that may; without them
    all are.
    """
    if entry_points is None:
        entry_points = metadata.entry_points(group=hookspecs.ENTRY_POINT_GROUP)
    loader = Loader(allow, api_version, api_floor)
    plugins = loader.load(entry_points, only)
    installed = [found for plugin in plugins for found in _installed(plugin)]
    return Registry(
        {found.id: found for found in sorted(installed, key=lambda found: found.id)},
        tuple(loader.failures),
        tuple(loader.warnings),
        tuple(plugins),
    )


def _installed(plugin: Plugin) -> Iterator[InstalledDetector]:
    declared = {detector.id: detector for detector in plugin.manifest.detectors}
    for detector in plugin.detectors:
        yield InstalledDetector(
            detector,
            declared[detector.id],
            plugin.manifest,
            plugin.distribution,
            plugin.version,
        )
