"""What looks after a deployment: the rounds, the reports, the jobs, the clean-up."""

from collections.abc import Callable, Sequence
from datetime import timedelta

from connector.atlassian.oauth import SitesOverHttp
from connector.atlassian.personal_data import ReportsOverHttp
from connector.bootstrap.application import Application
from connector.bootstrap.installing import check_site
from connector.bootstrap.oauth_app import oauth_app, refresh_grant
from connector.bootstrap.pushing import deliver_webhooks
from connector.domain.care import Job
from connector.domain.errors import AtlassianUnavailableError
from connector.settings import Settings
from connector.store.database import Database
from connector.store.erasing import scrub
from connector.use_cases.compact_feed import CompactFeed
from connector.use_cases.erase_people import EraseAccount
from connector.use_cases.keep_alive import KeepAlive
from connector.use_cases.reconcile import Reconcile
from connector.use_cases.render_feed import RenderFeed
from connector.use_cases.report_accounts import ReportAccounts
from connector.use_cases.sweep import Sweep
from connector.use_cases.triage_findings import ENDED_AT_ONCE, TriageFindings
from connector.use_cases.uninstall_site import UninstallSite
from connector.work.ownership import OWNING, Ownership, named_owner
from connector.work.rota import Chore, KeepGoing, Rota, Tell, keep_quiet

RECONCILE = Job("reconcile", timedelta(0))
KEEP_ALIVE = Job("keep_alive", timedelta(hours=12))
PRIVACY_REPORT = Job("privacy_report", timedelta(days=1))
SWEEP = Job("sweep", timedelta(hours=1))
RENDER_FEED = Job("render_feed", timedelta(seconds=4))
PUSH = Job("push", timedelta(0))
EXPIRE = Job("expire_suppressions", timedelta(minutes=1))
COMPACT = Job("compact_feed", timedelta(days=1))
JOBS = (
    OWNING,
    RECONCILE,
    KEEP_ALIVE,
    PRIVACY_REPORT,
    SWEEP,
    RENDER_FEED,
    PUSH,
    EXPIRE,
    COMPACT,
)


def reconcile(application: Application) -> Reconcile:
    """Return what goes round the installations."""
    return Reconcile(
        application.begin,
        refresh_grant(application),
        SitesOverHttp(oauth_app(application.settings)),
        check_site(application),
        uninstall_site(application),
        application.now,
    )


def uninstall_site(application: Application) -> UninstallSite:
    """Return what takes the connector off a site; it needs no call to Atlassian."""
    return UninstallSite(application.begin, application.now)


def report_accounts(application: Application) -> ReportAccounts:
    """Return what reports whose names are kept."""
    return ReportAccounts(
        application.begin,
        refresh_grant(application),
        ReportsOverHttp(oauth_app(application.settings), application.now),
        application.now,
    )


def erase_account(application: Application) -> EraseAccount:
    """Return what erases a person on request."""
    return EraseAccount(application.begin)


def scrub_database(settings: Settings) -> None:
    """Leave nothing of what was erased in the file of a SQLite database."""
    database = Database.open(settings.database_url, settings.token_keys)
    try:
        scrub(database.engines.writer)
    finally:
        database.close()


def plan_jobs(application: Application) -> None:
    """Make sure that every job is known to the database."""
    with application.begin() as stores:
        stores.jobs.plan(JOBS, application.now())


def rota(application: Application, owner: str, tell: Tell = keep_quiet) -> Rota:
    """Return this process's part in the jobs."""
    return Rota(application.begin, application.now, owner, chores(application), tell)


def ownership(application: Application, kind: str) -> Ownership:
    """Return the right to do the work, as a process of a kind asks for it."""
    return Ownership(application.begin, application.now, named_owner(kind))


def chores(application: Application) -> Sequence[Chore]:
    """Return the jobs and how they are done.

    Without an OAuth app nothing that talks to Atlassian can be done.
    """
    rounds = reconcile(application)
    alive = KeepAlive(application.begin, refresh_grant(application), application.now)
    reports = report_accounts(application)
    sweep = Sweep(application.begin, application.now)
    render, push = application.render_feed, deliver_webhooks(application)
    kept = timedelta(days=application.settings.retention_days)
    compact = CompactFeed(application.begin, application.now, kept)
    return (
        Chore(RECONCILE, _rounds(rounds), rounds.is_wanted),
        Chore(KEEP_ALIVE, lambda keep_going: _kept_alive(alive, keep_going)),
        Chore(PRIVACY_REPORT, lambda keep_going: _reported(reports, keep_going)),
        Chore(SWEEP, lambda _: sweep().summary),
        Chore(EXPIRE, lambda keep_going: _expired(application.triage, keep_going)),
        Chore(RENDER_FEED, lambda _: _rendered(render), render.is_wanted),
        Chore(PUSH, lambda keep_going: push(keep_going).summary, push.is_wanted),
        Chore(COMPACT, lambda _: compact().summary),
    )


def _rounds(rounds: Reconcile) -> Callable[[KeepGoing], str]:
    def do(keep_going: KeepGoing) -> str:
        done = rounds(keep_going)
        parts = [f"{n} {state}" for state, n in sorted(done.looked_at.items())]
        if done.put_off:
            parts.append(f"{done.put_off} put off")
        return ", ".join(parts)

    return do


def _kept_alive(alive: KeepAlive, keep_going: KeepGoing) -> str:
    kept = alive(keep_going)
    if kept.stopped_by:
        raise AtlassianUnavailableError(kept.stopped_by)
    counts = {
        "refreshed": kept.refreshed,
        "dead": kept.died,
        "failed": len(kept.failures),
        "near their end": kept.alarms,
    }
    return ", ".join(f"{count} {what}" for what, count in counts.items() if count)


def _expired(triage: TriageFindings, keep_going: KeepGoing) -> str:
    ended = some = triage.expire()
    while some == ENDED_AT_ONCE and keep_going():
        some = triage.expire()
        ended += some
    return f"{ended} suppressions ended" if ended else ""


def _rendered(render: RenderFeed) -> str:
    rendered = render()
    return f"{rendered} changes rendered" if rendered else ""


def _reported(reports: ReportAccounts, keep_going: KeepGoing) -> str:
    reported = reports(keep_going)
    if not reported.accounts and not reported.failures:
        return ""
    said = (
        f"{reported.accounts} accounts reported, {reported.closed} closed, "
        f"{reported.updated} changed"
    )
    return "; ".join((said, *reported.failures))
