"""The contract passes an honest detector and catches each kind of bad one."""

import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count
from time import sleep
from typing import Any

import pytest

from casb_sdk.detector import Context, Detector
from casb_sdk.exposure import Resource
from casb_sdk.finding import Finding, Severity
from casb_sdk.model import Audience, Level
from casb_sdk.site import SiteAccess
from casb_sdk.space import SpaceAccess
from casb_sdk.testing import DetectorContract, SiteBuilder

Check = Callable[[DetectorContract], object]


def shared() -> SiteBuilder:
    site = (
        SiteBuilder()
        .person("ann")
        .person("bo")
        .person("cy")
        .space("DOCS")
        .allows(Audience.EXTERNAL, Level.EDIT)
    )
    return site.page("FAQ").page("Pay").restricted_to(Audience.EXTERNAL)


class ExternalEdit(Detector):
    id = "toy-external-edit"
    title = "External people edit"
    severity = Severity.MEDIUM
    rationale = "They may change what is true."
    remediation = "Let them read."

    def check_space(self, space: SpaceAccess, context: Context) -> Iterator[Finding]:
        for exposure in space.exposed_content({Audience.EXTERNAL}, Level.EDIT):
            yield self.finding(exposure)


class TestAnHonestDetector(DetectorContract):
    detector = ExternalEdit()
    flagged = {
        "shared space": shared(),
        "anonymous beside": shared().allows(Audience.ANONYMOUS, Level.EDIT),
    }
    clean = {
        "viewers": SiteBuilder().space("HR").allows(Audience.EXTERNAL, Level.VIEW),
        "staff": SiteBuilder().space("HR").allows(Audience.INTERNAL, Level.EDIT),
    }


class TestADetectorOfAccounts(DetectorContract):
    class ExternalPeople(Detector):
        id = "toy-external-people"
        title = "External people"
        severity = Severity.LOW
        rationale = "They can get in."
        remediation = "See whether they should."

        def check_site(self, site: SiteAccess, context: Context) -> Iterator[Finding]:
            for account in site.accounts({Audience.EXTERNAL}):
                yield self.finding(account.exposure)

    detector = ExternalPeople()
    flagged = {"outsider": SiteBuilder().outsider("eve"), "reader": shared()}
    clean = {"employee": SiteBuilder().person("ann").space("HR")}


class Silent(ExternalEdit):
    def check_space(self, space: SpaceAccess, context: Context) -> Iterator[Finding]:
        yield from ()


class Alarmist(ExternalEdit):
    def check_site(self, site: SiteAccess, context: Context) -> Iterator[Finding]:
        yield self.finding_on(Resource("site", context.site.cloud_id))


class Moody(ExternalEdit):
    runs = count()

    def finding(self, exposure: Any) -> Finding:
        return replace(super().finding(exposure), details={"run": str(next(self.runs))})


class FirstComer(ExternalEdit):
    def check_space(self, space: SpaceAccess, context: Context) -> Iterator[Finding]:
        first = next(iter(space.people.directory.accounts))
        for finding in super().check_space(space, context):
            yield replace(finding, details={"first": first})


class Sleeper(ExternalEdit):
    def check_site(self, site: SiteAccess, context: Context) -> Iterator[Finding]:
        sleep(1.01)
        yield from ()


class Impostor(ExternalEdit):
    def finding(self, exposure: Any) -> Finding:
        return replace(super().finding(exposure), detector_id="somebody-else")


class Stammerer(ExternalEdit):
    def check_space(self, space: SpaceAccess, context: Context) -> Iterator[Finding]:
        yield from super().check_space(space, context)
        yield from super().check_space(space, context)


class Hoarder(ExternalEdit):
    def finding(self, exposure: Any) -> Finding:
        evidence: Any = {"lock": {1, 2}}
        return replace(super().finding(exposure), details=evidence)


class Credulous(ExternalEdit):
    def finding(self, exposure: Any) -> Finding:
        assert exposure.resource.title.isprintable()
        return super().finding(exposure)


class Caller(ExternalEdit):
    def check_space(self, space: SpaceAccess, context: Context) -> Iterator[Finding]:
        socket.create_connection(("127.0.0.1", 9), timeout=0.1).close()
        yield from ()


class Nameless(ExternalEdit):
    id = "Not Kebab"
    title = " "


def contract_for(detector: Detector) -> DetectorContract:
    class Contract(DetectorContract):
        pass

    Contract.detector = detector
    return Contract()


@pytest.mark.parametrize(
    ("detector", "check"),
    [
        (Silent(), lambda c: c.test_flags_the_problem(shared())),
        (ExternalEdit(), lambda c: c.test_passes_what_is_fine(shared())),
        (Alarmist(), lambda c: c.test_finds_nothing_on_an_empty_site()),
        (FirstComer(), lambda c: c.test_does_not_depend_on_order(shared())),
        (Sleeper(), lambda c: c.test_is_quick()),
        (Moody(), lambda c: c.test_is_repeatable(shared())),
        (Impostor(), lambda c: c.test_reports_under_its_own_id(shared())),
        (Stammerer(), lambda c: c.test_reports_under_its_own_id(shared())),
        (Credulous(), lambda c: c.test_withstands_hostile_titles(shared())),
        (Nameless(), lambda c: c.test_describes_itself()),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_bad_detector_is_caught(detector: Detector, check: Check) -> None:
    with pytest.raises(AssertionError):
        check(contract_for(detector))


def test_evidence_that_is_no_json_is_caught() -> None:
    with pytest.raises(TypeError):
        contract_for(Hoarder()).test_evidence_is_json(shared())


def test_a_detector_that_reaches_for_the_network_is_caught(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(AssertionError, match="network"):
        contract_for(Caller()).test_needs_no_network(shared(), monkeypatch)
