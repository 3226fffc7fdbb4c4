import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property

import pytest

from casb_sdk import Detector, Finding, SiteAccess, SpaceAccess
from casb_sdk.loading import PluginFailure
from casb_sdk.people import People
from casb_sdk.registry import Registry
from casb_sdk.testing import SiteBuilder
from connector.detection.runner import DetectorRunner
from connector.domain.detection import Detection, DetectorFailure
from tests.unit.detection.misfits import (
    Babbling,
    Clock,
    Curious,
    Endless,
    Forging,
    Honest,
    Idle,
    Raising,
    Silent,
    Slow,
    Thorough,
    installed,
)

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
LOG = logging.getLogger("casb.test")


def registry_of(*detectors: Detector) -> Registry:
    return Registry({detector.id: installed(detector) for detector in detectors})


def runner_of(
    *detectors: Detector, clock: Clock | None = None, max_findings: int = 10
) -> DetectorRunner:
    return DetectorRunner(
        registry_of(*detectors),
        lambda: NOON,
        LOG,
        elapsed=clock or Clock(),
        max_findings=max_findings,
    )


def a_space(site: SiteBuilder | None = None) -> SpaceAccess:
    site = site or SiteBuilder().space("DOCS")
    snapshot = site.snapshot()
    people = People.of(snapshot.directory, site.policy)
    return SpaceAccess(snapshot.spaces[0], people)


def a_site() -> SiteAccess:
    site = SiteBuilder()
    return SiteAccess(People.of(site.snapshot().directory, site.policy))


def run(
    runner: DetectorRunner, *enabled: str, config: Mapping[str, object] | None = None
) -> Detection:
    settings = {id_: config or {} for id_ in enabled}
    return runner.run_space(a_space(), enabled, settings)


def test_findings_of_all_enabled_detectors_come_together() -> None:
    class AlsoHonest(Honest):
        id = "also-honest"

    detection = run(runner_of(Honest(), AlsoHonest()), "honest", "also-honest")

    assert [f.detector_id for f in detection.findings] == ["honest", "also-honest"]
    assert detection.failures == ()


def test_a_detector_that_is_not_enabled_does_not_run() -> None:
    detection = run(runner_of(Honest(), Raising()), "honest")

    assert detection.failed_detectors == frozenset()
    assert len(detection.findings) == 1


def test_a_detector_that_fails_is_named_and_stops_no_other() -> None:
    detection = run(runner_of(Raising(), Honest()), "raising", "honest")

    assert [finding.detector_id for finding in detection.findings] == ["honest"]
    assert detection.failures == (
        DetectorFailure("raising", "acme-raising", "1.2", "ValueError: two lines"),
    )


def test_a_failure_is_logged_with_its_traceback_and_told_without(
    caplog: pytest.LogCaptureFixture,
) -> None:
    detection = run(runner_of(Raising()), "raising")

    [record] = caplog.records
    assert record.exc_info is not None
    assert "raising (acme-raising 1.2): ValueError: two lines" in record.getMessage()
    assert "Traceback" not in str(detection.failures[0])


@pytest.mark.parametrize("error", [SystemExit(1), RecursionError(), MemoryError()])
def test_no_way_of_failing_stops_the_others(error: BaseException) -> None:
    failing = Raising()
    failing.error = error

    detection = run(runner_of(failing, Honest()), "raising", "honest")

    assert detection.failed_detectors == {"raising"}
    assert [finding.detector_id for finding in detection.findings] == ["honest"]


def test_an_error_that_cannot_be_printed_is_a_failure_too() -> None:
    class UnprintableError(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    failing = Raising()
    failing.error = UnprintableError()

    detection = run(runner_of(failing), "raising")

    assert "UnprintableError" in detection.failures[0].reason


def test_an_interrupt_is_not_swallowed() -> None:
    failing = Raising()
    failing.error = KeyboardInterrupt()

    with pytest.raises(KeyboardInterrupt):
        run(runner_of(failing), "raising")


def test_a_detector_that_never_stops_is_stopped_by_number() -> None:
    detection = run(runner_of(Endless(), Honest()), "endless", "honest")

    assert [finding.detector_id for finding in detection.findings] == ["honest"]
    [failure] = detection.failures
    assert failure.reason == "more than 10 findings in one go"


def test_as_many_findings_as_allowed_are_no_failure() -> None:
    detection = run(runner_of(Honest(), max_findings=1), "honest")

    assert len(detection.findings) == 1


def test_a_detector_that_never_stops_is_stopped_by_time() -> None:
    clock = Clock(step=3)
    runner = runner_of(Endless(), clock=clock, max_findings=1_000_000)

    [failure] = run(runner, "endless").failures

    assert failure.reason == "took longer than its 20 seconds"
    assert clock.seconds < 30


@pytest.mark.parametrize(("seconds", "is_late"), [(20, False), (21, True)])
def test_time_before_the_first_finding_counts(seconds: float, is_late: bool) -> None:
    clock = Clock()

    detection = run(runner_of(Slow(clock, seconds), clock=clock), "slow")

    assert bool(detection.failures) is is_late
    assert bool(detection.findings) is not is_late


def test_time_counts_even_if_nothing_is_found() -> None:
    clock = Clock()

    detection = run(runner_of(Idle(clock, 21), clock=clock), "idle")

    assert detection.failed_detectors == {"idle"}


def test_one_detector_does_not_spend_the_time_of_the_next() -> None:
    clock = Clock()
    runner = runner_of(Slow(clock, 100), Honest(), clock=clock)

    detection = run(runner, "slow", "honest")

    assert detection.failed_detectors == {"slow"}


def test_a_finding_in_the_name_of_another_detector_is_refused() -> None:
    detection = run(runner_of(Forging()), "forging", "honest")

    assert detection.findings == ()
    assert detection.failures[-1].reason == (
        "reported a finding in the name of 'honest'"
    )


@pytest.mark.parametrize(
    ("detector", "reason"),
    [
        (Silent(), "TypeError: 'NoneType' object is not iterable"),
        (Babbling(), "reported str, no Finding"),
    ],
)
def test_what_is_no_finding_is_refused(detector: Detector, reason: str) -> None:
    [failure] = run(runner_of(detector), detector.id).failures

    assert failure.reason == reason


def test_a_detector_is_given_a_clock_its_settings_and_a_logger_of_its_own() -> None:
    curious = Curious()

    run(runner_of(curious), "curious", config={"days": 7})
    run(runner_of(curious), "curious")

    first, second = curious.given
    assert first.now == NOON
    assert first.site.cloud_id == "acme"
    assert first.log.name == "casb.test.curious"
    assert (first.config, second.config) == ({"days": 7}, {"days": 30})


def test_settings_that_do_not_fit_fail_the_detector_alone() -> None:
    runner = runner_of(Curious(), Honest())

    detection = run(runner, "curious", "honest", config={"days": "many"})

    assert detection.failed_detectors == {"curious", "honest"}
    assert detection.failures[0].reason == "days: 'many' is not of type 'integer'"


def test_an_enabled_detector_that_is_not_installed_counts_as_failed() -> None:
    [failure] = run(runner_of(), "gone").failures

    assert str(failure) == (
        "gone (not installed): it is enabled here and not installed"
    )


def test_a_plugin_that_did_not_load_counts_as_failed() -> None:
    refused = PluginFailure(
        "acme", "acme-dist", "1.2", "it broke", "mend it", ("a", "b")
    )
    registry = replace(registry_of(Honest()), failures=(refused,))
    runner = DetectorRunner(registry, lambda: NOON, LOG)

    detection = run(runner, "honest", "a")

    assert detection.failed_detectors == {"a", "b"}
    assert {failure.reason for failure in detection.failures} == {"it broke; mend it"}
    assert len(detection.findings) == 1


def test_findings_on_a_space_carry_the_labels_of_plugins() -> None:
    class Labelling(Registry):
        __slots__ = ()

        def enrich(self, finding: Finding, space: SpaceAccess) -> Mapping[str, str]:
            return {"team": space.space.key}

    registry = Labelling(registry_of(Honest()).detectors)
    runner = DetectorRunner(registry, lambda: NOON, LOG)

    [finding] = run(runner, "honest").findings

    assert finding.labels == {"team": "DOCS"}


def test_a_site_is_asked_about_its_people() -> None:
    detection = runner_of(Honest()).run_site(a_site(), {"honest"}, {})

    [finding] = detection.findings
    assert finding.resource.type == "account"


def test_the_shared_work_is_on_no_detectors_budget() -> None:
    clock = Clock()

    class Laborious(SpaceAccess):
        @cached_property
        def unjudged(self) -> frozenset[str]:
            clock.seconds += 1000
            return frozenset()

    site = SiteBuilder().space("DOCS")
    snapshot = site.snapshot()
    people = People.of(snapshot.directory, site.policy)
    space = Laborious(snapshot.spaces[0], people)

    detection = runner_of(Thorough(), clock=clock).run_space(space, {"thorough"}, {})

    assert clock.seconds == 1000
    assert detection.failures == ()
