"""The tests every detector must pass, whoever wrote it.

Pytest is not imported, only obeyed, so that a site in words can be had without it.
"""

import json
import re
import socket
from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from datetime import UTC, datetime
from time import perf_counter
from typing import ClassVar, NoReturn, Protocol

from casb_sdk.detector import Context, Detector
from casb_sdk.finding import Finding, Severity
from casb_sdk.snapshot import SiteSnapshot
from casb_sdk.testing.site import SiteBuilder
from casb_sdk.testing.variants import HOSTILE_NAMES, crowded, renamed, shuffled

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
SHUFFLES = 3
RUNS_AGAINST_THE_CLOCK = 3
SECONDS_FOR_TWO_THOUSAND_ITEMS = 1.0


class Metafunc(Protocol):
    """What pytest says of a test it is about to collect."""

    fixturenames: list[str]

    def parametrize(
        self, argnames: str, argvalues: Iterable[object], *, ids: Iterable[str]
    ) -> None:
        """Run the test once per value."""


class MonkeyPatch(Protocol):
    """The pytest fixture that undoes what it changed."""

    def setattr(self, target: object, name: str, value: object) -> None:
        """Replace an attribute until the end of the test."""


class DetectorContract:
    """Subclass this, name the detector, list what it flags and what it passes.

    Each named site is a test case of its own. ``config`` is the configuration the
    detector is run with.
    """

    detector: ClassVar[Detector]
    flagged: ClassVar[dict[str, SiteBuilder]]
    clean: ClassVar[dict[str, SiteBuilder]]
    config: ClassVar[Mapping[str, object]] = {}

    def detect(self, site: SiteBuilder) -> list[Finding]:
        """Return what the detector finds on a site."""
        return self._detect_on(site, site.snapshot())

    def pytest_generate_tests(self, metafunc: Metafunc) -> None:
        """Turn each named site into a test case of its own."""
        for name in {"flagged", "clean"} & set(metafunc.fixturenames):
            cases: dict[str, SiteBuilder] = getattr(type(self), name)
            metafunc.parametrize(name, list(cases.values()), ids=list(cases))

    def test_flags_the_problem(self, flagged: SiteBuilder) -> None:
        """Each flagged site yields at least one finding."""
        assert self.detect(flagged), "nothing was found on a site listed as flagged"

    def test_passes_what_is_fine(self, clean: SiteBuilder) -> None:
        """A clean site yields nothing."""
        assert self.detect(clean) == [], "something was found on a clean site"

    def test_finds_nothing_on_an_empty_site(self) -> None:
        """An empty site, and an empty space, have no problems."""
        for site in (SiteBuilder(), SiteBuilder().space("EMPTY")):
            assert self.detect(site) == [], "something was found where nothing is"

    def test_is_repeatable(self, flagged: SiteBuilder) -> None:
        """The same site always yields the same findings."""
        first, second = self.detect(flagged), self.detect(flagged)

        assert first == second, "two runs on one site differ"

    def test_does_not_depend_on_order(self, flagged: SiteBuilder) -> None:
        """The order in which Confluence lists things does not matter."""
        expected = _essence(self.detect(flagged))

        for salt in range(SHUFFLES):
            site = shuffled(flagged.snapshot(), salt)
            found = _essence(self._detect_on(flagged, site))
            assert found == expected, "another order gave other findings"

    def test_evidence_is_json(self, flagged: SiteBuilder) -> None:
        """Evidence can be stored and exported."""
        for finding in self.detect(flagged):
            _as_json(finding)

    def test_describes_itself(self) -> None:
        """The id is kebab-case and every text is filled in."""
        detector = self.detector
        assert re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", detector.id), detector.id
        assert isinstance(detector.severity, Severity), "severity is no Severity"
        for text in ("title", "category", "rationale", "remediation"):
            assert getattr(detector, text).strip(), f"{text} is empty"
        assert detector.implied_by != detector.id, "a detector cannot imply itself"

    def test_reports_under_its_own_id(self, flagged: SiteBuilder) -> None:
        """No finding is told in the name of another detector, none twice."""
        findings = self.detect(flagged)
        resources = [(found.resource.type, found.resource.id) for found in findings]

        assert {found.detector_id for found in findings} == {self.detector.id}
        assert len(resources) == len(set(resources)), "two findings on one resource"

    def test_withstands_hostile_titles(self, flagged: SiteBuilder) -> None:
        """Names full of control characters, or endless ones, change no finding."""
        expected = [found.resource.id for found in self.detect(flagged)]

        for name in HOSTILE_NAMES:
            found = self._detect_on(flagged, renamed(flagged.snapshot(), name))
            assert [finding.resource.id for finding in found] == expected, repr(name)
            for finding in found:
                _as_json(finding)

    def test_is_quick(self) -> None:
        """Two thousand items take less than a second; a busy machine may try thrice."""
        site = crowded(items=2000)
        snapshot = site.snapshot()

        runs = (self._seconds_on(site, snapshot) for _ in range(RUNS_AGAINST_THE_CLOCK))

        assert any(seconds < SECONDS_FOR_TWO_THOUSAND_ITEMS for seconds in runs)

    def test_needs_no_network(
        self, flagged: SiteBuilder, monkeypatch: MonkeyPatch
    ) -> None:
        """A detector works on what it is given and asks nobody."""
        for name in ("socket", "create_connection", "getaddrinfo"):
            monkeypatch.setattr(socket, name, _refuse)

        self.detect(flagged)

    def _seconds_on(self, site: SiteBuilder, snapshot: SiteSnapshot) -> float:
        start = perf_counter()
        self._detect_on(site, snapshot)
        return perf_counter() - start

    def _detect_on(self, site: SiteBuilder, snapshot: SiteSnapshot) -> list[Finding]:
        context = Context(snapshot.directory.site, NOON, self.config)
        return list(self.detector.detect(snapshot, site.policy, context))


def _refuse(*_: object, **__: object) -> NoReturn:
    raise AssertionError("the detector reached for the network")


def _as_json(finding: Finding) -> str:
    principals = tuple(finding.principals)
    return json.dumps(asdict(replace(finding, principals=principals, exposure=None)))


def _essence(findings: Iterable[Finding]) -> set[tuple[object, ...]]:
    """Return findings as a set, with the parts whose order means nothing as sets."""
    return {
        (
            finding.detector_id,
            finding.resource,
            finding.level,
            finding.cause,
            finding.confidence,
            finding.affected,
            finding.restriction_chain,
            frozenset(
                replace(exposed, paths=tuple(sorted(exposed.paths, key=repr)))
                for exposed in finding.principals
            ),
            frozenset(finding.details.items()),
        )
        for finding in findings
    }
