"""Jobs come back, one process does each, and what goes wrong is tried again."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from connector.domain.care import Job, JobRun
from connector.domain.errors import AtlassianUnavailableError, CasbError
from connector.domain.store_ports import Begin
from connector.work.rota import Chore, Done, KeepGoing, Rota

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
PATIENCE = 10.0
SWEEP = Job("sweep", 10 * MINUTE)
REPORT = Job("report", MINUTE)


@dataclass
class Office:
    """A deployment with a clock that a test can turn, and what was told."""

    begin: Begin
    now: datetime = NOON
    told: list[Done] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)

    def rota(self, *chores: Chore, owner: str = "one", lease: float = 60) -> Rota:
        with self.begin() as stores:
            stores.jobs.plan([SWEEP, REPORT], NOON)
        return Rota(
            self.begin,
            lambda: self.now,
            owner,
            chores,
            self.told.append,
            lease=timedelta(seconds=lease),
            tick=0.01,
            patience=1.0,
        )

    def run(self, *chores: Chore, owner: str = "one") -> int:
        return self.rota(*chores, owner=owner).run_due(self.stop)

    def of(self, job: Job = SWEEP) -> JobRun:
        with self.begin(write=False) as stores:
            [run] = [run for run in stores.jobs.all() if run.name == job.name]
        return run


@pytest.fixture
def office(begin: Begin) -> Iterator[Office]:
    office = Office(begin)
    yield office
    office.stop.set()


def saying(word: str) -> Callable[[KeepGoing], str]:
    return lambda _: word


def failing(error: Exception) -> Callable[[KeepGoing], str]:
    def do(_: KeepGoing) -> str:
        raise error

    return do


def soon(is_so: Callable[[], object]) -> None:
    until = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < until, "it never came"
        time.sleep(0.01)


def test_what_is_due_is_done_and_comes_back(office: Office) -> None:
    counts = [office.run(Chore(SWEEP, saying("swept")))]
    for minutes in (9, 1):
        office.now += minutes * MINUTE
        counts.append(office.run(Chore(SWEEP, saying("swept"))))

    assert counts == [1, 0, 1]
    assert [done.said for done in office.told] == ["swept", "swept"]
    assert office.of().runs == 2


def test_a_chore_that_nobody_wants_is_not_taken(office: Office) -> None:
    assert office.run(Chore(SWEEP, saying("x"), lambda: False)) == 0
    assert office.of().started_at is None


def test_what_another_does_is_left_to_it(office: Office) -> None:
    office.rota()
    with office.begin() as stores:
        stores.jobs.take("sweep", "two", NOON, NOON + MINUTE)

    assert office.run(Chore(SWEEP, saying("x"))) == 0
    office.now += MINUTE
    assert office.run(Chore(SWEEP, saying("x"))) == 1


def test_failures_are_kept_and_tried_again_after_longer_and_longer(
    office: Office,
) -> None:
    waits, chore = [], Chore(SWEEP, failing(CasbError("It is broken.", "Mend it.")))

    for _ in range(9):
        assert office.run(chore) == 1
        waits.append((office.of().due_at - office.now).total_seconds())
        office.now = office.of().due_at

    assert waits == [30, 60, 120, 240, 480, 960, 1920, 3600, 3600]
    assert office.of().error == "It is broken. Mend it."
    assert {done.error for done in office.told} == {"It is broken. Mend it."}


def test_atlassian_is_given_the_time_it_asks_for(office: Office) -> None:
    office.run(Chore(SWEEP, failing(AtlassianUnavailableError("429", retry_after=500))))

    assert office.of().due_at == NOON + timedelta(seconds=500)


def test_what_nobody_thought_of_is_kept_without_its_words(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    chores = Chore(SWEEP, failing(RuntimeError("a token"))), Chore(REPORT, saying("ok"))

    assert office.run(*chores) == 2

    assert office.of().error == "RuntimeError"
    assert office.of(REPORT).error == ""
    assert "the job sweep failed" in caplog.text


def test_a_success_ends_the_failures(office: Office) -> None:
    office.run(Chore(SWEEP, failing(CasbError("No."))))
    office.now += MINUTE

    office.run(Chore(SWEEP, saying("")))

    assert (office.of().failures, office.of().error) == (0, "")
    assert office.of().due_at == office.now + SWEEP.every


def test_jobs_run_side_by_side_and_a_stop_ends_them(office: Office) -> None:
    going: set[str] = set()

    def work_on(name: str) -> Callable[[KeepGoing], str]:
        def do(keep_going: KeepGoing) -> str:
            going.add(name)
            while keep_going():
                time.sleep(0.01)
            return "stopped"

        return do

    rota = office.rota(Chore(SWEEP, work_on("sweep")), Chore(REPORT, work_on("report")))
    worker = threading.Thread(target=rota.work, args=[office.stop])
    worker.start()
    soon(lambda: going == {"sweep", "report"})

    office.stop.set()
    worker.join(PATIENCE)

    assert not worker.is_alive()
    assert {done.said for done in office.told} == {"stopped"}
    assert office.of().is_free(office.now)


def test_a_long_job_keeps_its_lease(office: Office) -> None:
    seen = []

    def do(_: KeepGoing) -> str:
        first = office.of().lease_until
        office.now += MINUTE
        soon(lambda: office.of().lease_until != first)
        seen.append(office.of().is_free(office.now))
        return ""

    office.rota(Chore(SWEEP, do), lease=0.1).run_due(office.stop)

    assert seen == [False]


def test_a_job_that_lost_its_lease_stops_and_ends_nothing(office: Office) -> None:
    def do(keep_going: KeepGoing) -> str:
        with office.begin() as stores:
            stores.jobs.take("sweep", "two", NOON + MINUTE, NOON + 9 * MINUTE)
        soon(lambda: not keep_going())
        return "cut short"

    office.rota(Chore(SWEEP, do), lease=0.1).run_due(office.stop)

    assert office.of().owner == "two"
    assert office.of().runs == 0


def test_a_database_that_is_away_for_a_while_ends_no_worker(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    rota = office.rota(Chore(SWEEP, saying("swept")))
    real, troubles = rota.begin, [OSError("away"), OSError("away")]

    def begin(*, write: bool = True) -> object:
        if troubles:
            raise troubles.pop()
        return real(write=write)

    rota.begin = begin  # type: ignore[assignment]
    worker = threading.Thread(target=rota.work, args=[office.stop])
    worker.start()
    soon(lambda: office.told)
    office.stop.set()
    worker.join(PATIENCE)

    assert "the jobs could not be looked at" in caplog.text
