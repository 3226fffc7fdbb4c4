"""A principal that a scan could not judge is not gone (access-model 1.9)."""

from dataclasses import replace

import pytest

from casb_sdk import (
    AnonymousUse,
    Audience,
    Confidence,
    Coverage,
    ExposedPrincipal,
    Finding,
    Gap,
    GapKind,
    Level,
)
from connector.domain.finding_state import ChangeType, TrackedFinding
from connector.domain.sight import Sight
from tests.unit.domain.findings import (
    READ,
    Case,
    on_content,
    on_page,
    on_space,
    somebody,
    step,
    via_group,
)

GUS = somebody("gus")
EVE = somebody("eve", via_group("staff"))


def blind_to(kind: GapKind, id_: str) -> Sight:
    return Sight(coverage=Coverage((Gap(kind, id_, "403"),)))


def ids(tracked: TrackedFinding) -> list[str]:
    return sorted(p.principal.id for p in tracked.finding.principals)


def test_a_principal_behind_an_unreadable_group_is_carried_over() -> None:
    case = Case()
    [created] = case.judge(on_page("P", GUS, EVE))

    [change] = case.judge(on_page("P", GUS), sight=blind_to(GapKind.GROUP, "staff"))

    assert ids(change.finding) == ["eve", "gus"]
    assert change.type is ChangeType.STALE
    assert change.changed_fields == ("stale",)
    assert change.finding.stale is not None
    assert change.finding.stale.reason == "group_unreadable"
    assert change.finding.evidence_digest == created.finding.evidence_digest


@pytest.mark.parametrize(
    ("before", "now", "sight"),
    [
        (
            on_page("P", GUS, EVE, chain=[step("P", "user:gus", "group:team")]),
            on_page("P", GUS, chain=[step("P", "user:gus", "group:team")]),
            blind_to(GapKind.GROUP, "team"),
        ),
        (on_page("P", GUS, EVE), on_page("P", GUS), blind_to(GapKind.GRANTS, "S")),
        (on_page("P", GUS, EVE), on_page("P", GUS), blind_to(GapKind.CONTENT, "S")),
        (on_page("P", GUS, EVE), on_page("P", GUS), blind_to(GapKind.ACCOUNT, "eve")),
        (
            on_content(GUS, EVE),
            on_content(GUS),
            Sight(unjudged=frozenset({"X"})),
        ),
    ],
    ids=["group in the chain", "grants", "content", "account", "branch"],
)
def test_whatever_hides_a_principal_carries_it_over(
    before: Finding, now: Finding, sight: Sight
) -> None:
    case = Case()
    case.judge(before)

    [change] = case.judge(now, sight=sight)

    assert ids(change.finding) == ["eve", "gus"]
    assert change.type is ChangeType.STALE


def test_a_principal_that_is_gone_for_sure_is_dropped_beside_one_that_is_not() -> None:
    case = Case()
    case.judge(on_page("P", GUS, EVE, somebody("kim")))

    [change] = case.judge(on_page("P", GUS), sight=blind_to(GapKind.GROUP, "staff"))

    assert ids(change.finding) == ["eve", "gus"]
    assert set(change.changed_fields) == {"principals", "stale"}


def test_carrying_over_twice_is_told_once() -> None:
    case = Case()
    case.judge(on_page("P", GUS, EVE))
    case.judge(on_page("P", GUS), sight=blind_to(GapKind.GROUP, "staff"))

    [change] = case.judge(on_page("P", GUS), sight=blind_to(GapKind.GROUP, "staff"))

    assert change.type is ChangeType.REFRESHED


def test_a_readable_group_settles_who_was_carried_over() -> None:
    case = Case()
    case.judge(on_page("P", GUS, EVE))
    case.judge(on_page("P", GUS), sight=blind_to(GapKind.GROUP, "staff"))

    [change] = case.judge(on_page("P", GUS))

    assert ids(change.finding) == ["gus"]
    assert change.type is ChangeType.UNSTALE
    assert set(change.changed_fields) == {"principals", "stale"}


def test_a_level_that_an_unreadable_group_gave_is_not_lost() -> None:
    admin = somebody("eve", READ, via_group("staff"), level=Level.ADMIN)
    case = Case()
    case.judge(on_space(admin))

    [change] = case.judge(
        on_space(somebody("eve", level=Level.EDIT)),
        sight=blind_to(GapKind.GROUP, "staff"),
    )

    assert change.finding.finding.level is Level.ADMIN
    assert [p.level for p in change.finding.finding.principals] == [Level.ADMIN]
    assert change.changed_fields == ("stale",)


def test_a_higher_level_is_news_however_blind_the_scan() -> None:
    case = Case()
    case.judge(on_space(somebody("eve", via_group("staff"), level=Level.EDIT)))

    [change] = case.judge(
        on_space(somebody("eve", level=Level.ADMIN)),
        sight=blind_to(GapKind.GROUP, "staff"),
    )

    assert change.finding.finding.level is Level.ADMIN
    assert set(change.changed_fields) == {"principals", "level"}


def test_a_new_principal_is_news_beside_one_that_is_carried_over() -> None:
    case = Case()
    case.judge(on_page("P", EVE))

    [change] = case.judge(on_page("P", GUS), sight=blind_to(GapKind.GROUP, "staff"))

    assert ids(change.finding) == ["eve", "gus"]
    assert set(change.changed_fields) == {"principals", "stale"}


def test_the_confidence_that_a_carried_principal_gave_stays() -> None:
    case = Case()
    case.judge(on_page("P", GUS, EVE))
    unsure = replace(on_page("P", GUS), confidence=Confidence.MEDIUM)

    [change] = case.judge(unsure, sight=blind_to(GapKind.GROUP, "staff"))

    assert change.finding.finding.confidence is Confidence.HIGH


def test_what_anonymous_means_stays_with_the_anonymous_principal() -> None:
    anyone: ExposedPrincipal = somebody("anonymous", audience=Audience.ANONYMOUS)
    open_page = replace(on_page("P", GUS, anyone), anonymous_use=AnonymousUse.INTERNET)
    case = Case()
    case.judge(open_page)

    [change] = case.judge(on_page("P", GUS), sight=blind_to(GapKind.GRANTS, "S"))

    assert change.finding.finding.anonymous_use is AnonymousUse.INTERNET
    assert change.changed_fields == ("stale",)


def test_a_list_that_names_an_unreadable_group_no_more_lets_nobody_in() -> None:
    before = on_page("P", GUS, somebody("eve"), chain=[step("P", "group:team")])
    case = Case()
    case.judge(before)

    [change] = case.judge(
        on_page("P", GUS, chain=[step("P", "user:gus")]),
        sight=blind_to(GapKind.GROUP, "team"),
    )

    assert ids(change.finding) == ["gus"]
    assert change.finding.stale is None
