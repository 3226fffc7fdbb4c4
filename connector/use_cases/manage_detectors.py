"""Shows the installed detectors, and chooses which run on a site and how."""

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from casb_sdk import Severity
from casb_sdk.loading import PluginFailure
from casb_sdk.manifest import ConfigError
from casb_sdk.registry import InstalledDetector, Registry
from connector.domain.errors import NotFoundError, UsageError
from connector.domain.finding_state import Change, Status
from connector.domain.installation import Installation
from connector.domain.policy import DetectorPolicy
from connector.domain.retriage import regraded
from connector.domain.store_ports import Begin, Stores
from connector.use_cases.manage_sites import CONNECT, site_named

SEVERITY = "severity"
DEFAULT = "default"


class DetectorState(StrEnum):
    """Whether a detector runs."""

    ENABLED = "enabled"
    DISABLED = "disabled"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class DetectorView:
    """A detector as an operator sees it; ``reason`` says why one failed to load."""

    id: str
    state: DetectorState
    distribution: str
    version: str
    title: str = ""
    category: str = ""
    severity: Severity | None = None
    severity_default: Severity | None = None
    rationale: str = ""
    remediation: str = ""
    implied_by: str = ""
    config: Mapping[str, object] = field(default_factory=dict)
    reason: str = ""
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class PolicyChange:
    """A site whose policy changed, and the findings whose severity went with it.

    The findings of a site whose detectors run differently have yet to be looked for.
    """

    installation: Installation
    regraded: Sequence[Change] = ()
    has_to_look: bool = True


class ManageDetectors:
    """Works on the policy of one site or, where none is named, of all of them.

    A severity reaches the findings that are known with the policy itself.
    """

    def __init__(self, begin: Begin, registry: Callable[[], Registry]) -> None:
        self._begin = begin
        self._registry = registry

    def all(self, site: str = "") -> Sequence[DetectorView]:
        """Return the detectors, those that failed to load last."""
        policy = self._policy(site) if site else DetectorPolicy()
        registry = self._registry()
        views = [_view(found, policy) for found in registry.detectors.values()]
        views.sort(key=lambda view: (-_rank(view), view.id))
        return views + [_failure(failed) for failed in registry.failures]

    def one(self, detector_id: str, site: str = "") -> DetectorView:
        """Return one detector."""
        for view in self.all(site):
            if view.id == detector_id:
                return view
        raise self._unknown(detector_id)

    def switch(
        self, detector_ids: Collection[str], site: str = "", *, on: bool
    ) -> Sequence[PolicyChange]:
        """Enable or disable detectors; returns the sites on which that changed."""
        self._check(detector_ids)
        chosen = frozenset(detector_ids)

        def switched(policy: DetectorPolicy) -> DetectorPolicy:
            off = policy.disabled - chosen if on else policy.disabled | chosen
            return replace(policy, disabled=off)

        return self._change(site, switched)

    def configure(
        self,
        detector_id: str,
        changes: Mapping[str, str],
        site: str = "",
        *,
        is_preview: bool = False,
    ) -> Sequence[PolicyChange]:
        """Set settings of a detector, or its severity; ``default`` undoes one.

        A preview keeps nothing; it knows what a severity changes and no more.
        """
        if is_preview and changes.keys() != {SEVERITY}:
            raise UsageError(
                "A preview shows what another severity changes, and that alone.",
                f"Give it {SEVERITY}=… and nothing else.",
            )
        self._check([detector_id])
        installed = self._registry().detectors[detector_id]

        def configured(policy: DetectorPolicy) -> DetectorPolicy:
            config = dict(policy.config.get(detector_id, {}))
            severities = dict(policy.severities)
            for name, text in changes.items():
                if name == SEVERITY:
                    _set_severity(severities, detector_id, text)
                elif text == DEFAULT:
                    config.pop(name, None)
                else:
                    config[name] = _value(text)
            _check_config(installed, config)
            configs = dict(policy.config)
            if config or detector_id in configs:
                configs[detector_id] = config
            return replace(policy, severities=severities, config=configs)

        return self._change(site, configured, is_preview=is_preview)

    def _policy(self, site: str) -> DetectorPolicy:
        with self._begin(write=False) as stores:
            return stores.policies.policy(site_named(stores, site).site.cloud_id)

    def _change(
        self,
        site: str,
        change: Callable[[DetectorPolicy], DetectorPolicy],
        *,
        is_preview: bool = False,
    ) -> Sequence[PolicyChange]:
        changed = []
        with self._begin(write=not is_preview) as stores:
            known = stores.installations
            chosen = [site_named(stores, site)] if site else known.all()
            if not chosen:
                raise NotFoundError("No site is connected.", CONNECT)
            for installation in chosen:
                site_id = installation.site.cloud_id
                policy = stores.policies.policy(site_id)
                if (new := change(policy)) == policy:
                    continue
                regraded = _regraded(stores, site_id, policy, new)
                has_to_look = replace(new, severities=policy.severities) != policy
                changed.append(PolicyChange(installation, regraded, has_to_look))
                if not is_preview:
                    stores.policies.save_policy(site_id, new)
                    stores.findings.save(regraded)
        return changed

    def _check(self, detector_ids: Collection[str]) -> None:
        for detector_id in detector_ids:
            if detector_id not in self._registry().detectors:
                raise self._unknown(detector_id)

    def _unknown(self, detector_id: str) -> NotFoundError:
        for failed in self._registry().failures:
            if detector_id in failed.detector_ids:
                return NotFoundError(
                    f"The detector {detector_id} did not load: {failed.reason}.",
                    f"{failed.remedy[:1].upper()}{failed.remedy[1:]}.",
                )
        installed = ", ".join(self._registry().detectors) or "none"
        return NotFoundError(
            f"There is no detector {detector_id!r}.", f"Installed are: {installed}."
        )


def _regraded(
    stores: Stores, site_id: str, before: DetectorPolicy, after: DetectorPolicy
) -> Sequence[Change]:
    """Return what another choice of severities makes of the findings of a site."""
    differing = before.severities.items() ^ after.severities.items()
    if not differing:
        return ()
    known = stores.findings.list(
        site_id,
        statuses=[Status.OPEN, Status.SUPPRESSED],
        detector_ids={detector_id for detector_id, _ in differing},
    )
    return tuple(regraded(known, after))


def _view(found: InstalledDetector, policy: DetectorPolicy) -> DetectorView:
    detector = found.detector
    is_off = found.id in policy.disabled
    return DetectorView(
        id=found.id,
        state=DetectorState.DISABLED if is_off else DetectorState.ENABLED,
        distribution=found.distribution,
        version=found.version,
        title=detector.title,
        category=detector.category,
        severity=policy.severity(found.id, detector.severity),
        severity_default=detector.severity,
        rationale=detector.rationale,
        remediation=detector.remediation,
        implied_by=detector.implied_by or "",
        config=found.declared.default_config | dict(policy.config.get(found.id, {})),
    )


def _failure(failed: PluginFailure) -> DetectorView:
    return DetectorView(
        id=failed.entry_point,
        state=DetectorState.FAILED,
        distribution=failed.distribution,
        version=failed.version,
        reason=failed.reason,
        remedy=failed.remedy,
    )


def _rank(view: DetectorView) -> int:
    return view.severity.rank if view.severity else -1


def _set_severity(severities: dict[str, Severity], detector_id: str, text: str) -> None:
    if text == DEFAULT:
        severities.pop(detector_id, None)
        return
    try:
        severities[detector_id] = Severity(text)
    except ValueError:
        words = ", ".join(severity.value for severity in reversed(Severity))
        raise UsageError(
            f"{text!r} is not a severity.", f"Use one of {words}, {DEFAULT}."
        ) from None


def _value(text: str) -> object:
    """Return a setting as JSON where it is JSON, else as text."""
    try:
        value: object = json.loads(text)
    except ValueError:
        return text
    return value


def _check_config(installed: InstalledDetector, config: Mapping[str, object]) -> None:
    try:
        installed.declared.configured(config)
    except ConfigError as error:
        raise UsageError(
            f"{installed.id} cannot be configured like this: {error}.",
            _known_settings(installed),
        ) from None


def _known_settings(installed: InstalledDetector) -> str:
    names: Iterator[str] = iter(installed.declared.default_config)
    known = ", ".join([SEVERITY, *names])
    return f"It has the settings {known}."
