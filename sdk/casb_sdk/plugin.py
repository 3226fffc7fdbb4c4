"""A plugin that was taken in: its detectors, its labels, its hooks."""

from dataclasses import dataclass

import pluggy

from casb_sdk import hookspecs
from casb_sdk.detector import Detector
from casb_sdk.finding import Finding, Severity
from casb_sdk.manifest import DetectorManifest
from casb_sdk.space import SpaceAccess

WORDS = ("id", "title", "category", "rationale", "remediation")
ASK_PUBLISHER = "report it to its publisher, and uninstall it"


class PluginRefusedError(Exception):
    """A plugin may not be taken in; says why and what to do."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(f"{reason}; {remedy}")
        self.reason = reason
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class Plugin:
    """A plugin in use; its hooks are its own, so that no other can wrap them."""

    name: str
    distribution: str
    version: str
    manifest: DetectorManifest
    hooks: pluggy.PluginManager
    detectors: tuple[Detector, ...]
    enriches: bool
    """Whether the plugin labels findings at all."""

    def __str__(self) -> str:
        return f"{self.name} ({self.distribution} {self.version})"

    def labels(self, finding: Finding, space: SpaceAccess) -> dict[str, str]:
        """Return the labels that the plugin gives a finding."""
        given = self.hooks.hook.casb_enrich_finding(finding=finding, space=space)
        labels = {name: text for part in given for name, text in part.items()}
        if not all(isinstance(word, str) for word in (*labels, *labels.values())):
            raise TypeError("casb_enrich_finding() returned labels that are not text")
        return labels


def plugin_of(
    implementation: object,
    name: str,
    manifest: DetectorManifest,
    origin: tuple[str, str],
) -> Plugin:
    """Return an imported plugin ready for use, or refuse it.

    The detectors it offers must be those that its manifest declares.
    """
    hooks = pluggy.PluginManager(hookspecs.PROJECT_NAME)
    hooks.add_hookspecs(hookspecs)
    hooks.register(implementation, name)
    hooks.check_pending()
    detectors = tuple(d for offer in hooks.hook.casb_detectors() for d in offer)
    for detector in detectors:
        _check_words(detector)
    declared = sorted(detector.id for detector in manifest.detectors)
    offered = sorted(detector.id for detector in detectors)
    if offered != declared:
        raise PluginRefusedError(
            f"its manifest declares {declared} and it offers {offered}", ASK_PUBLISHER
        )
    enriches = bool(hooks.hook.casb_enrich_finding.get_hookimpls())
    return Plugin(name, *origin, manifest, hooks, detectors, enriches)


def _check_words(detector: object) -> None:
    if not isinstance(detector, Detector):
        raise PluginRefusedError(
            f"casb_detectors() offers {detector!r}, which is no instance of Detector",
            ASK_PUBLISHER,
        )
    lacking = [word for word in WORDS if not _is_text(getattr(detector, word, None))]
    if not isinstance(getattr(detector, "severity", None), Severity):
        lacking.append("severity")
    if lacking:
        raise PluginRefusedError(
            f"{type(detector).__name__} lacks {', '.join(lacking)}", ASK_PUBLISHER
        )


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())
