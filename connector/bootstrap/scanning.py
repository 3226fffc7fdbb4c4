"""The scanner: a reader of the site, the detectors, the engine that runs the units."""

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

from connector.atlassian.capabilities import SearchCapabilities
from connector.atlassian.reader import ConfluenceReader, ReaderOptions
from connector.atlassian.room import Seeds
from connector.bootstrap.application import Application
from connector.bootstrap.caring import reconcile
from connector.bootstrap.oauth_app import bearer_of
from connector.domain.durations import duration_of
from connector.domain.errors import CasbError, ConsentError, DeadGrantError
from connector.domain.installation import Installation
from connector.domain.points import Budget
from connector.domain.ports import SiteReader
from connector.use_cases.allowance import PortionedAllowance
from connector.use_cases.choose_spaces import ChooseSpaces
from connector.use_cases.estimate_scan import EstimateScan
from connector.use_cases.scan_site import ScanSite
from connector.work.local import LocalEngine

KNOWLEDGE_LASTS = timedelta(days=7)
"""What a site's search puts up with only ever shrinks until it is asked again."""


def open_scanner(application: Application, *, waits_for_quota: bool = True) -> ScanSite:
    """Return what scans the sites of an application."""
    return ScanSite(
        begin=application.begin,
        open_reader=readers(application, waits_for_quota=waits_for_quota),
        detectors=application.detectors,
        types=application.finding_types,
        engine=LocalEngine(application.begin, application.now),
        now=application.now,
        shipped_apps=application.shipped_apps(),
        sweep_within=duration_of(application.settings.sweep_within),
    )


def look_after_refusal(
    application: Application, installation: Installation, error: CasbError
) -> None:
    """Check a site at once whose scan ended because Atlassian refused all of it.

    What the check finds is kept with the site; what keeps it from being checked is
    found again by the worker.
    """
    is_refusal = isinstance(error, ConsentError) and installation.state.may_scan
    if is_refusal and not isinstance(error, DeadGrantError):
        with suppress(CasbError):
            reconcile(application).site(installation.id)


async def choose_spaces(
    application: Application, installation: Installation, keys: frozenset[str]
) -> None:
    """Raise NotFoundError or UsageError for spaces that cannot be scanned."""
    reader = interactive_readers(application)(installation)
    try:
        await ChooseSpaces(application.begin, installation)(keys, reader)
    finally:
        await reader.aclose()


def open_estimator(application: Application) -> EstimateScan:
    """Return what says beforehand what a scan will cost."""
    settings = application.settings
    return EstimateScan(
        application.begin,
        interactive_readers(application),
        lambda installation: budget_of(installation, settings.points_per_hour),
        settings.concurrency,
    )


def interactive_readers(
    application: Application,
) -> Callable[[Installation], SiteReader]:
    """Return what connects to a site for somebody who waits: it may use the reserve."""
    return readers(application, waits_for_quota=False, is_interactive=True)


def readers(
    application: Application,
    *,
    waits_for_quota: bool = True,
    is_interactive: bool = False,
) -> Callable[[Installation], SiteReader]:
    """Return what opens the connection to a site."""
    settings = application.settings
    bearer = bearer_of(application)

    def open_reader(installation: Installation) -> SiteReader:
        return ConfluenceReader.open(
            settings.atlassian_api_url,
            installation.site,
            bearer(installation),
            ReaderOptions(
                concurrency=settings.concurrency,
                profile=installation.profile,
                granted=installation.scopes,
                capabilities=_remembered(installation, application.now()),
                seeds=seeds_of(installation),
                waits_for_quota=waits_for_quota,
                allowance=PortionedAllowance(
                    application.begin,
                    budget_of(installation, settings.points_per_hour),
                    installation.site.cloud_id,
                    time.time,
                    is_interactive,
                ),
            ),
        )

    return open_reader


def budget_of(installation: Installation, points_per_hour: int) -> Budget:
    """Return what the calls to a site count against: its own quota, or the app's."""
    if own := installation.settings.points_per_hour:
        return Budget(own, installation.site.cloud_id)
    return Budget(points_per_hour)


def seeds_of(installation: Installation) -> Seeds:
    """Return where to begin on a site that lists nothing any more."""
    settings = installation.settings
    return Seeds(settings.spaces_include, settings.root_content_ids)


def _remembered(installation: Installation, now: datetime) -> SearchCapabilities:
    """Return what was learnt of a site's search; old knowledge is gained anew."""
    learnt_at = installation.learnt_at
    if learnt_at is None or now - learnt_at > KNOWLEDGE_LASTS:
        return SearchCapabilities()
    return SearchCapabilities.from_text(installation.learnt)
