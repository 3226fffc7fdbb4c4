"""The application over its database: everything that needs no call to Atlassian."""

import logging
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

from casb_sdk.allow_list import AllowList
from casb_sdk.registry import Registry, load_registry
from connector.bootstrap.announcing import announce_of
from connector.detection.finding_types import finding_types
from connector.detection.runner import DetectorRunner
from connector.domain.errors import SettingError
from connector.domain.finding_state import FindingType
from connector.domain.installation import Installation
from connector.domain.ports import Detectors
from connector.domain.store_ports import Begin
from connector.export.feed_body import feed_body
from connector.manifest_files import Manifests
from connector.settings import Settings
from connector.store.database import Database
from connector.use_cases.detect_stored import DetectStored
from connector.use_cases.list_affected import ListAffected
from connector.use_cases.list_findings import ListFindings
from connector.use_cases.manage_detectors import ManageDetectors
from connector.use_cases.manage_sites import ManageSites
from connector.use_cases.render_feed import RenderFeed
from connector.use_cases.triage_findings import TriageFindings

logger = logging.getLogger("casb")


@dataclass(frozen=True, slots=True)
class Application:
    """The use cases of a deployment; ``registry`` and ``shipped_apps`` load once."""

    settings: Settings
    begin: Begin
    now: Callable[[], datetime]
    registry: Callable[[], Registry]
    shipped_apps: Callable[[], Mapping[str, str]]
    manage_sites: ManageSites
    list_findings: ListFindings
    list_affected: ListAffected
    manage_detectors: ManageDetectors

    @property
    def detectors(self) -> Detectors:
        """What runs the installed detectors."""
        return DetectorRunner(self.registry(), self.now, logger)

    @property
    def finding_types(self) -> dict[str, FindingType]:
        """The words of the installed detectors."""
        return dict(finding_types(self.registry()))

    @property
    def detect_stored(self) -> DetectStored:
        """What runs the detectors on what the last scan saw."""
        return DetectStored(
            self.begin,
            self.detectors,
            self.finding_types,
            self.now,
            self.shipped_apps(),
        )

    @property
    def triage(self) -> TriageFindings:
        """What puts findings aside and brings them back."""

        def redetect(
            installation: Installation, only: frozenset[str] | None = None
        ) -> object:
            return self.detect_stored(installation, only)  # The plugins load only now.

        return TriageFindings(self.begin, self.now, lambda: str(uuid.uuid4()), redetect)

    @property
    def render_feed(self) -> RenderFeed:
        """What renders the rows of the feed before anybody reads them."""
        return RenderFeed(self.begin, feed_body)


@contextmanager
def open_application(settings: Settings) -> Iterator[Application]:
    """Open the application over the database of the settings; closes it afterwards."""
    database = Database.open(
        settings.database_url, settings.token_keys, announce_of(settings)
    )
    try:
        yield application_over(settings, database.begin)
    finally:
        database.close()


def lasting_application(settings: Settings) -> Application:
    """Open the application for as long as the process runs."""
    database = Database.open(
        settings.database_url, settings.token_keys, announce_of(settings)
    )
    return application_over(settings, database.begin)


def application_over(settings: Settings, begin: Begin) -> Application:
    """Return the application over stores that somebody else opened."""
    manifests = Manifests.shipped()
    registry = cache(lambda: installed_detectors(settings, manifests))
    shipped_apps = cache(manifests.atlassian_apps)
    return Application(
        settings=settings,
        begin=begin,
        now=utc_now,
        registry=registry,
        shipped_apps=shipped_apps,
        manage_sites=ManageSites(begin),
        list_findings=ListFindings(begin),
        list_affected=ListAffected(
            begin, lambda: DetectorRunner(registry(), utc_now, logger), shipped_apps
        ),
        manage_detectors=ManageDetectors(begin, registry),
    )


def installed_detectors(settings: Settings, manifests: Manifests) -> Registry:
    """Load the detectors that the manifest and the settings allow."""
    allowed = manifests.allowed_plugins()
    registry = load_registry(
        only=settings.load_plugins,
        allow=None if allowed is None else AllowList.of(allowed),
    )
    for warning in registry.warnings:
        logger.warning("%s", warning)
    if settings.strict_plugins and registry.failures:
        raise SettingError(
            f"Some plugins cannot be used: {'; '.join(map(str, registry.failures))}.",
            "Mend them, or set CASB_STRICT_PLUGINS=0 to go on without them.",
        )
    if settings.trace_plugins:
        for plugin in registry.plugins:
            logger.warning("plugin loaded: %s", plugin)
        for failure in registry.failures:
            logger.warning("plugin skipped: %s", failure)
    return registry


def utc_now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)
