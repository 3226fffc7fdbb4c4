"""The jobs of a deployment, and how this process does its part of them."""

from collections.abc import Callable, Sequence
from datetime import timedelta

from connector.bootstrap.announcing import is_distributed, seconds_since_heartbeat
from connector.bootstrap.application import Application
from connector.bootstrap.caring import reconcile, report_accounts
from connector.bootstrap.oauth_app import refresh_grant
from connector.bootstrap.pushing import deliver_webhooks
from connector.bootstrap.scanning_on import BackgroundScans, in_words, schedule_scans
from connector.domain.care import Job
from connector.domain.errors import AtlassianUnavailableError
from connector.use_cases.compact_feed import CompactFeed
from connector.use_cases.keep_alive import KeepAlive
from connector.use_cases.reconcile import Reconcile
from connector.use_cases.render_feed import RenderFeed
from connector.use_cases.repeat_findings import RepeatFindings
from connector.use_cases.report_accounts import ReportAccounts
from connector.use_cases.sweep import Sweep
from connector.use_cases.triage_findings import ENDED_AT_ONCE, TriageFindings
from connector.work.ownership import OWNING, Ownership, described, named_owner
from connector.work.rota import Chore, KeepGoing, Rota, Tell, keep_quiet

RECONCILE = Job("reconcile", timedelta(0))
KEEP_ALIVE = Job("keep_alive", timedelta(hours=12))
PRIVACY_REPORT = Job("privacy_report", timedelta(days=1))
SWEEP = Job("sweep", timedelta(hours=1))
RENDER_FEED = Job("render_feed", timedelta(seconds=4))
PUSH = Job("push", timedelta(0))
EXPIRE = Job("expire_suppressions", timedelta(minutes=1))
COMPACT = Job("compact_feed", timedelta(days=1))
REPEAT = Job("repeat_findings", timedelta(hours=6))
SCHEDULE = Job("schedule", timedelta(seconds=10))
SCANS = Job("scans", timedelta(0))
WORKERS = "casb worker"
ALIVE_FOR = 30.0
"""In seconds: a worker that was silent for longer is taken for dead."""
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
    REPEAT,
    SCHEDULE,
    SCANS,
)


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


def holder_of_work(application: Application) -> str:
    """Return what does the work of a deployment, if anything does."""
    if not is_distributed(application.settings):
        return described(ownership(application, "").holder())
    since = seconds_since_heartbeat(application.settings)
    return WORKERS if since is not None and since < ALIVE_FOR else ""


def chores(application: Application) -> Sequence[Chore]:
    """Return the jobs and how they are done.

    Without an OAuth app nothing that talks to Atlassian can be done. Where many
    workers share the units of scans, scans are no job of a single one.
    """
    rounds = reconcile(application)
    alive = KeepAlive(application.begin, refresh_grant(application), application.now)
    reports = report_accounts(application)
    sweep = Sweep(application.begin, application.now)
    render, push = application.render_feed, deliver_webhooks(application)
    kept = timedelta(days=application.settings.retention_days)
    quiet = timedelta(days=application.settings.heartbeat_days)
    repeat = RepeatFindings(application.begin, application.now, quiet)
    compact = CompactFeed(application.begin, application.now, kept)
    schedule = schedule_scans(application)
    scans = BackgroundScans(application)
    shared: tuple[Chore, ...] = ()
    if not is_distributed(application.settings):
        shared = (Chore(SCANS, scans.work, scans.are_wanted),)
    return (
        Chore(RECONCILE, _rounds(rounds), rounds.is_wanted),
        Chore(KEEP_ALIVE, lambda keep_going: _kept_alive(alive, keep_going)),
        Chore(PRIVACY_REPORT, lambda keep_going: _reported(reports, keep_going)),
        Chore(SWEEP, lambda _: sweep().summary),
        Chore(EXPIRE, lambda keep_going: _expired(application.triage, keep_going)),
        Chore(RENDER_FEED, lambda _: _rendered(render), render.is_wanted),
        Chore(PUSH, lambda keep_going: push(keep_going).summary, push.is_wanted),
        Chore(COMPACT, lambda _: compact().summary),
        Chore(REPEAT, lambda going: _repeated(repeat, going), lambda: repeat.is_on),
        Chore(SCHEDULE, lambda _: _scheduled(schedule()), schedule.is_wanted),
        *shared,
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


def _repeated(repeat: RepeatFindings, keep_going: KeepGoing) -> str:
    repeated = repeat(keep_going)
    return f"{repeated} findings told again" if repeated else ""


def _rendered(render: RenderFeed) -> str:
    rendered = render()
    return f"{rendered} changes rendered" if rendered else ""


def _scheduled(started: int) -> str:
    return "" if not started else f"{in_words(started)} started"


def _reported(reports: ReportAccounts, keep_going: KeepGoing) -> str:
    reported = reports(keep_going)
    if not reported.accounts and not reported.failures:
        return ""
    said = (
        f"{reported.accounts} accounts reported, {reported.closed} closed, "
        f"{reported.updated} changed"
    )
    return "; ".join((said, *reported.failures))
