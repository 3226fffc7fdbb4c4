"""The log, the alarms and the jobs are kept, and a job is one process's at a time."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from casb_sdk import Site
from connector.domain.care import Alarm, Job, JobRun
from connector.domain.installation import Installation
from connector.domain.life import Notice, NoticeKind
from connector.domain.store_ports import Begin
from connector.store.database import Database
from connector.store.tables import jobs
from tests.contract.finding_words import HOSTILE

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ACME = Installation("acme-1", Site("acme-id", "https://acme.test"), "grant-1")
ACME_AGAIN = Installation("acme-2", Site("acme-id", "https://acme.test"), "grant-2")
BETA = Installation("beta-1", Site("beta-id", "https://beta.test"), "grant-1")
SWEEP, REPORT = Job("sweep", MINUTE), Job("report", MINUTE)
DEGRADED = Notice(NoticeKind.DEGRADED, {"note": HOSTILE, "reason": "refused"})
INSTALLED = Notice(NoticeKind.INSTALLED)


def test_what_befell_a_site_is_kept_in_order(begin: Begin) -> None:
    with begin() as stores:
        stores.log.add(ACME, [INSTALLED, DEGRADED], NOON)
        stores.log.add(BETA, [INSTALLED], NOON + MINUTE)

    with begin(write=False) as stores:
        of_acme = stores.log.entries("acme-id")
        of_all = stores.log.entries()
        later = stores.log.entries(after=of_acme[-1].number)
        newest = stores.log.latest("acme-id", 1)

    assert [entry.notice for entry in of_acme] == [INSTALLED, DEGRADED]
    assert [entry.site_id for entry in of_all] == ["acme-id", "acme-id", "beta-id"]
    assert [entry.site_id for entry in later] == ["beta-id"]
    assert [entry.notice for entry in newest] == [DEGRADED]
    assert len({entry.id for entry in of_all}) == 3
    assert of_acme[0].at == NOON


def test_the_details_of_one_installation_can_be_forgotten(begin: Begin) -> None:
    with begin() as stores:
        for installation in (ACME, ACME_AGAIN, BETA):
            stores.log.add(installation, [DEGRADED], NOON)

    with begin() as stores:
        stores.log.forget(ACME)

    with begin(write=False) as stores:
        details = {e.installation_id: e.notice.detail for e in stores.log.entries()}
    assert details["acme-1"] == {}
    assert details["acme-2"] == details["beta-1"] == DEGRADED.detail


def test_an_alarm_stands_once_until_it_ends(begin: Begin) -> None:
    alarm = Alarm("lost", "Gone.", "Look.", NOON, "acme-id")
    with begin() as stores:
        is_new = [stores.alarms.raise_(alarm) for _ in range(2)]

    with begin() as stores:
        standing = stores.alarms.all()
        ended = [stores.alarms.end("lost") for _ in range(2)]

    assert is_new == ended == [True, False]
    assert [(a.key, a.raised_at, a.site_id) for a in standing] == [
        ("lost", NOON, "acme-id")
    ]


def test_an_alarm_that_stands_is_seen_again_in_newer_words(begin: Begin) -> None:
    with begin() as stores:
        stores.alarms.raise_(Alarm("lost", "Gone.", "Look.", NOON, "acme-id"))
        stores.alarms.raise_(Alarm("lost", "Still gone.", "Ask.", NOON + MINUTE))

    with begin(write=False) as stores:
        [alarm] = stores.alarms.all()
    assert alarm == Alarm(
        "lost", "Still gone.", "Ask.", NOON, "acme-id", seen_at=NOON + MINUTE
    )


def planned(begin: Begin, *planned_jobs: Job) -> None:
    with begin() as stores:
        stores.jobs.plan(planned_jobs, NOON)


def take(begin: Begin, owner: str, at: datetime = NOON) -> bool:
    with begin() as stores:
        return stores.jobs.take("sweep", owner, at, at + MINUTE)


def run_of(begin: Begin) -> JobRun:
    with begin(write=False) as stores:
        [run] = [run for run in stores.jobs.all() if run.name == "sweep"]
    return run


def test_a_plan_adds_what_is_new_and_drops_what_is_gone(begin: Begin) -> None:
    planned(begin, SWEEP)
    take(begin, "one")

    planned(begin, SWEEP, REPORT)
    with begin(write=False) as stores:
        both = [run.name for run in stores.jobs.all()]
    kept = run_of(begin)
    planned(begin, SWEEP)

    assert both == ["report", "sweep"]
    assert kept.owner == "one"
    with begin(write=False) as stores:
        assert [run.name for run in stores.jobs.all()] == ["sweep"]


def test_a_job_is_done_by_one_at_a_time(begin: Begin) -> None:
    planned(begin, SWEEP)

    assert take(begin, "one")
    assert not take(begin, "two")
    assert not run_of(begin).is_free(NOON)


def test_a_lease_that_ran_out_is_anybodys(begin: Begin) -> None:
    planned(begin, SWEEP)
    take(begin, "one")

    assert run_of(begin).is_free(NOON + MINUTE)
    assert take(begin, "two", NOON + MINUTE)
    with begin() as stores:
        assert not stores.jobs.extend("sweep", "one", NOON + 9 * MINUTE)
        assert not stores.jobs.done("sweep", "one", NOON, NOON)
    assert run_of(begin).owner == "two"


def test_the_jobs_of_the_dead_are_free_and_count_as_neither_done_nor_failed(
    begin: Begin,
) -> None:
    planned(begin, SWEEP, REPORT)
    take(begin, "dead")
    with begin() as stores:
        stores.jobs.take("report", "alive", NOON, NOON + MINUTE)
    before = run_of(begin)

    with begin() as stores:
        stores.jobs.disown(lambda owner: owner == "dead")

    assert run_of(begin) == replace(before, owner="", lease_until=None)
    assert take(begin, "heir")
    with begin(write=False) as stores:
        assert [run.owner for run in stores.jobs.all()] == ["alive", "heir"]


def test_a_lease_that_is_extended_lasts(begin: Begin) -> None:
    planned(begin, SWEEP)
    take(begin, "one")

    with begin() as stores:
        assert stores.jobs.extend("sweep", "one", NOON + 5 * MINUTE)

    assert not take(begin, "two", NOON + 4 * MINUTE)


def test_a_job_that_was_done_is_due_again_later(begin: Begin) -> None:
    planned(begin, SWEEP)
    take(begin, "one")

    with begin() as stores:
        assert stores.jobs.done("sweep", "one", NOON, NOON + MINUTE)

    assert not take(begin, "two", NOON)
    assert take(begin, "two", NOON + MINUTE)
    assert run_of(begin).runs == 1


def test_failures_are_counted_until_one_goes_well(begin: Begin) -> None:
    planned(begin, SWEEP)
    counts = []

    for error in ("No.", HOSTILE, ""):
        take(begin, "one")
        with begin() as stores:
            stores.jobs.done("sweep", "one", NOON, NOON, error)
        counts.append((run_of(begin).failures, run_of(begin).error))

    assert counts == [(1, "No."), (2, HOSTILE), (0, "")]


@pytest.mark.parametrize("owner", ["", "nobody"])
def test_who_holds_nothing_ends_nothing(database: Database, owner: str) -> None:
    planned(database.begin, SWEEP)

    with database.begin() as stores:
        if owner:
            assert not stores.jobs.done("sweep", owner, NOON, NOON)

    with database.engines.reader.connect() as connection:
        assert connection.scalar(select(jobs.c.runs)) == 0
