"""Findings are kept whole, and people's names apart from them."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest

from casb_sdk import Resource, Severity
from connector.domain.finding_state import (
    Change,
    ChangeType,
    OpenFindings,
    Status,
    TrackedFinding,
    finding_id_of,
)
from connector.domain.store_ports import Begin
from connector.store.database import Database
from tests.contract.finding_words import (
    GUS,
    HOSTILE,
    SEEN,
    finding_on,
    tracked,
    type_of,
    with_a_history,
)


def save(
    begin: Begin,
    *findings: TrackedFinding,
    change: ChangeType = ChangeType.CREATED,
) -> None:
    with begin() as stores:
        stores.findings.save(Change(change, finding) for finding in findings)


def known(begin: Begin, space_id: str = "7") -> list[TrackedFinding]:
    with begin(write=False) as stores:
        return list(stores.findings.known("acme", space_id).values())


def pages(findings: Iterable[TrackedFinding]) -> list[str]:
    return [it.finding.resource.id for it in findings]


def test_a_finding_comes_back_as_it_was(begin: Begin) -> None:
    finding = finding_on("1", title=HOSTILE)
    finding = replace(finding, details={HOSTILE: HOSTILE}, coverage_notes=(HOSTILE,))
    new = tracked(finding)
    old = with_a_history(tracked(finding_on("2"), severity=Severity.LOW))

    save(begin, new, old)

    with begin(write=False) as stores:
        by_fingerprint = stores.findings.known("acme", "7")
        assert stores.findings.get(new.id) == new
        assert stores.findings.get(old.id) == old
    assert by_fingerprint == {new.fingerprint: new, old.fingerprint: old}


def test_a_finding_that_changed_is_replaced(begin: Begin) -> None:
    new = tracked(finding_on("1"))
    save(begin, new)
    changed = with_a_history(replace(new, finding=finding_on("1", title="Renamed")))

    save(begin, changed, change=ChangeType.RESOLVED)

    assert known(begin) == [changed]


def test_of_two_changes_to_one_finding_the_last_counts(begin: Begin) -> None:
    new = tracked(finding_on("1"))
    again = replace(new, version=2)

    with begin() as stores:
        stores.findings.save(
            [
                Change(ChangeType.REFRESHED, new),
                Change(ChangeType.UPDATED, new),
                Change(ChangeType.REFRESHED, again),
            ]
        )

    assert known(begin) == [again]


def test_findings_are_known_by_site_and_space(begin: Begin) -> None:
    here = tracked(finding_on("1"))
    elsewhere = tracked(finding_on("2"), space_id="8")
    on_the_site = tracked(finding_on("3"), space_id="")
    at_umbrella = tracked(finding_on("1"), site_id="umbrella")

    save(begin, here, elsewhere, on_the_site, at_umbrella)

    assert known(begin, "7") == [here]
    assert known(begin, "") == [on_the_site]
    assert known(begin, "9") == []


def test_findings_of_several_spaces_are_known_by_space(begin: Begin) -> None:
    here = tracked(finding_on("1"))
    elsewhere = tracked(finding_on("2"), space_id="8")
    save(begin, here, elsewhere, tracked(finding_on("3"), space_id="9"))

    with begin(write=False) as stores:
        known_of = stores.findings.known_of("acme", ["7", "8", "10"])

    assert known_of == {
        "7": {here.fingerprint: here},
        "8": {elsewhere.fingerprint: elsewhere},
        "10": {},
    }


def test_spaces_with_something_unresolved_are_known(begin: Begin) -> None:
    save(
        begin,
        tracked(finding_on("1"), space_id="7"),
        replace(tracked(finding_on("2"), space_id="8"), status=Status.SUPPRESSED),
        replace(tracked(finding_on("3"), space_id="9"), status=Status.RESOLVED),
        tracked(finding_on("4"), space_id=""),
        tracked(finding_on("5"), space_id="10", site_id="umbrella"),
    )

    with begin(write=False) as stores:
        assert stores.findings.known_spaces("acme") == {"7", "8"}


def test_the_most_severe_come_first_then_the_last_changed(database: Database) -> None:
    begin, severities = database.begin, [*Severity, Severity.CRITICAL]
    findings = [
        tracked(finding_on(str(n)), severity=severity)
        for n, severity in enumerate(severities)
    ]
    hours = count()
    database.now = lambda: SEEN + timedelta(hours=next(hours))
    for finding in findings:
        save(begin, finding)

    save(begin, findings[3], change=ChangeType.REFRESHED)
    with begin(write=False) as stores:
        refreshed = pages(stores.findings.list())
    save(begin, findings[3], change=ChangeType.UPDATED)
    with begin(write=False) as stores:
        updated = pages(stores.findings.list())

    assert refreshed == ["4", "3", "2", "1", "0"]
    assert updated == ["3", "4", "2", "1", "0"]


def test_a_list_holds_what_was_asked_for(begin: Begin) -> None:
    low = tracked(finding_on("1"), severity=Severity.LOW)
    suppressed = replace(tracked(finding_on("2")), status=Status.SUPPRESSED)
    implied = replace(tracked(finding_on("3")), implied_by=low.id)
    edit = tracked(finding_on("4", detector_id="external-content-edit"))
    umbrella = tracked(finding_on("5"), site_id="umbrella")
    save(begin, low, suppressed, implied, edit, umbrella)

    with begin(write=False) as stores:
        listed = stores.findings.list
        assert set(pages(listed())) == {"1", "2", "3", "4", "5"}
        assert pages(listed("umbrella")) == ["5"]
        assert pages(listed(statuses=[Status.SUPPRESSED])) == ["2"]
        assert pages(listed(severities=["low", "critical"])) == ["1"]
        assert pages(listed(detector_ids=["external-content-edit"])) == ["4"]
        assert set(pages(listed("acme", with_implied=False))) == {"1", "2", "4"}


def test_a_long_list_is_read_to_its_end(begin: Begin) -> None:
    save(begin, *(tracked(finding_on(str(n))) for n in range(1_203)))

    with begin(write=False) as stores:
        listed = pages(stores.findings.list("acme"))

    assert len(listed) == 1_203
    assert len(set(listed)) == 1_203
    assert len(known(begin)) == 1_203


def test_findings_are_counted_by_severity_the_worst_first(begin: Begin) -> None:
    save(
        begin,
        tracked(finding_on("1"), severity=Severity.LOW),
        tracked(finding_on("2"), severity=Severity.CRITICAL),
        tracked(finding_on("3"), severity=Severity.LOW),
        replace(tracked(finding_on("4")), status=Status.RESOLVED),
        tracked(finding_on("5"), site_id="umbrella"),
        replace(tracked(finding_on("6")), implied_by=finding_id_of("stronger")),
        replace(
            tracked(finding_on("7")),
            implied_by=finding_id_of("stronger"),
            status=Status.SUPPRESSED,
        ),
    )

    with begin(write=False) as stores:
        counts = stores.findings.counts("acme")
        each = stores.findings.counts_of_each()
        nobody = stores.findings.counts("nobody")

    assert list(counts.by_severity.items()) == [("critical", 1), ("low", 2)]
    assert counts.implied == 1
    assert each == {"acme": counts, "umbrella": OpenFindings({"high": 1})}
    assert nobody == OpenFindings()


@pytest.mark.parametrize(
    "id_", ["", "nothing", "00000000-0000-0000-0000-000000000000", "ab\0"]
)
def test_a_finding_nobody_knows_is_nothing(begin: Begin, id_: str) -> None:
    with begin(write=False) as stores:
        assert stores.findings.get(id_) is None


def test_findings_carry_the_newest_words_of_their_detector(begin: Begin) -> None:
    finding = tracked(finding_on("1"))
    newer = replace(finding.type, title="New words", implied_by=None)
    save(begin, finding)

    with begin() as stores:
        stores.findings.save_types([newer, type_of("another")])
    save(begin, replace(finding, version=2), change=ChangeType.UPDATED)

    [found] = known(begin)
    assert found.type == newer


def test_a_name_that_changed_shows_in_every_finding(begin: Begin) -> None:
    save(begin, tracked(finding_on("1")), tracked(finding_on("2"), space_id="8"))
    renamed = replace(GUS, display_name=HOSTILE)

    save(begin, tracked(finding_on("1", principal=renamed)))

    [found] = known(begin, "8")
    assert found.finding.principals[0].principal == renamed


def test_an_empty_name_does_not_hide_the_one_known_before(begin: Begin) -> None:
    save(begin, tracked(finding_on("1")))

    save(begin, tracked(finding_on("1", principal=replace(GUS, display_name=""))))

    [found] = known(begin)
    assert found.finding.principals[0].principal == GUS


def test_a_name_is_known_on_its_own_site_only(begin: Begin) -> None:
    nameless = replace(GUS, display_name="")
    save(begin, tracked(finding_on("1")))

    save(begin, tracked(finding_on("1", principal=nameless), site_id="umbrella"))

    with begin(write=False) as stores:
        [found] = stores.findings.list("umbrella")
    assert found.finding.principals[0].principal == nameless


def test_erasing_a_person_erases_the_name_everywhere(begin: Begin) -> None:
    eve = replace(GUS, id="eve", display_name="Eve")
    account = Resource("account", "gus", title="Gus")
    save(
        begin,
        tracked(finding_on("1")),
        tracked(replace(finding_on("2"), resource=account), space_id=""),
        tracked(finding_on("3", principal=eve)),
        with_a_history(tracked(finding_on("4"), site_id="umbrella")),
    )

    with begin() as stores:
        stores.findings.erase_names(["gus", "nobody"])

    with begin(write=False) as stores:
        findings = list(stores.findings.list())
    assert "Gus" not in repr(findings)
    assert {it.finding.principals[0].principal.id for it in findings} == {"gus", "eve"}
    assert "'Eve'" in repr(findings)
