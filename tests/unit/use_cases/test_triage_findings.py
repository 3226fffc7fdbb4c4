"""People put findings aside, look before they do, and bring them back."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count

import pytest

from casb_sdk import Audience, Principal, Site, Space, SpaceSnapshot
from connector.domain.errors import NotFoundError, UsageError
from connector.domain.feed import FeedQuery
from connector.domain.finding_state import Change, ChangeType, Status, TrackedFinding
from connector.domain.installation import Installation
from connector.domain.store_ports import Begin
from connector.domain.suppression import Scope
from connector.use_cases.triage_findings import TriageFindings
from connector.use_cases.wishes import Wish
from tests.contract.finding_words import SEEN, finding_on, tracked

DETECTOR = "external-content-view"
EVE = Principal("eve", Audience.EXTERNAL, display_name="Eve")
ACME = Installation("i-1", Site("acme", "https://acme.example", "Acme"), "grant")
A_DAY = timedelta(days=1)


@dataclass
class Desk:
    """A site with two findings about Gus and one about Eve, and who triages them."""

    begin: Begin
    clock: datetime = SEEN
    redetected: list[tuple[str, frozenset[str] | None]] = field(default_factory=list)
    ids: Iterator[int] = field(default_factory=count)

    def __post_init__(self) -> None:
        self.gus_1 = tracked(finding_on("1"))
        self.gus_2 = tracked(finding_on("2"))
        self.eve = tracked(finding_on("3", principal=EVE))
        with self.begin() as stores:
            stores.installations.save(ACME)
            space = Space("7", "DOCS", "Docs")
            stores.snapshots.save_space("acme", "scan-1", SpaceSnapshot(space))
            for finding in (self.gus_1, self.gus_2, self.eve):
                stores.findings.save([Change(ChangeType.CREATED, finding)])
        self.triage = TriageFindings(
            self.begin,
            lambda: self.clock,
            lambda: f"s-{next(self.ids)}",
            self.redetect,
        )

    def redetect(
        self, installation: Installation, only: frozenset[str] | None = None
    ) -> None:
        self.redetected.append((installation.id, only))

    def wish(self, scope: Scope, target: str, space: str = "") -> Wish:
        return Wish(scope, target, "accepted", "alice", "acme", space)

    def status(self, finding: TrackedFinding) -> Status:
        with self.begin(write=False) as stores:
            found = stores.findings.get(finding.id)
        assert found is not None
        return found.status

    def told(self) -> list[str]:
        with self.begin(write=False) as stores:
            rows = stores.feed.page(FeedQuery()).rows
        return [row.change_type for row in rows][3:]


@pytest.fixture
def desk(begin: Begin) -> Desk:
    return Desk(begin)


def test_a_preview_says_what_would_be_hidden_and_hides_nothing(desk: Desk) -> None:
    effect = desk.triage.preview(desk.wish(Scope.FINDING, desk.gus_1.id))

    assert [hidden.id for hidden in effect.hidden] == [desk.gus_1.id]
    assert desk.status(desk.gus_1) is Status.OPEN
    assert desk.told() == []


def test_a_finding_put_aside_is_one_row_of_the_feed(desk: Desk) -> None:
    desk.triage.suppress(desk.wish(Scope.FINDING, desk.gus_1.id))

    assert desk.status(desk.gus_1) is Status.SUPPRESSED
    assert desk.status(desk.gus_2) is Status.OPEN
    assert desk.told() == ["suppressed"]


def test_a_detector_is_put_aside_on_one_space(desk: Desk) -> None:
    wish = desk.wish(Scope.DETECTOR, DETECTOR, space="DOCS")

    effect = desk.triage.suppress(wish)

    assert len(effect.hidden) == 3
    assert effect.suppression.principals == {"gus", "eve"}
    assert desk.told() == ["suppressed"] * 3


def test_a_principal_put_aside_ends_the_findings_about_it(desk: Desk) -> None:
    effect = desk.triage.suppress(desk.wish(Scope.PRINCIPAL, "gus"))

    assert {hidden.id for hidden in effect.hidden} == {desk.gus_1.id, desk.gus_2.id}
    assert desk.status(desk.gus_1) is Status.RESOLVED
    assert desk.status(desk.eve) is Status.OPEN


def test_a_principal_brought_back_is_looked_for_again(desk: Desk) -> None:
    effect = desk.triage.suppress(desk.wish(Scope.PRINCIPAL, "gus"))

    desk.triage.unsuppress(effect.suppression.id)

    assert desk.redetected == [("i-1", None)]


@pytest.mark.parametrize("by_finding", [True, False])
def test_a_finding_is_brought_back_by_its_own_id_too(
    desk: Desk, *, by_finding: bool
) -> None:
    effect = desk.triage.suppress(desk.wish(Scope.FINDING, desk.gus_1.id))
    name = desk.gus_1.id if by_finding else effect.suppression.id

    _, back = desk.triage.unsuppress(name)

    assert back == 1
    assert desk.status(desk.gus_1) is Status.OPEN
    assert desk.told() == ["suppressed", "unsuppressed"]


def test_what_two_decisions_hide_stays_hidden_when_one_ends(desk: Desk) -> None:
    first = desk.triage.suppress(desk.wish(Scope.FINDING, desk.gus_1.id))
    desk.triage.suppress(desk.wish(Scope.DETECTOR, DETECTOR, space="7"))

    desk.triage.unsuppress(first.suppression.id)

    assert desk.status(desk.gus_1) is Status.SUPPRESSED


def test_a_suppression_whose_time_is_over_ends_once(desk: Desk) -> None:
    wish = desk.wish(Scope.FINDING, desk.gus_1.id)
    desk.triage.suppress(replace(wish, until=SEEN + A_DAY))
    assert desk.triage.expire() == 0

    desk.clock += A_DAY

    assert (desk.triage.expire(), desk.triage.expire()) == (1, 0)
    assert desk.status(desk.gus_1) is Status.OPEN
    assert desk.told() == ["suppressed", "unsuppressed"]


def test_whoever_looks_after_a_finding_is_told_in_the_feed(desk: Desk) -> None:
    assigned = desk.triage.assign(desk.gus_1.id, "bob")
    desk.triage.assign(desk.gus_1.id, "bob")

    assert assigned.assignee == "bob"
    assert desk.told() == ["updated"]


def test_notes_are_kept_in_order(desk: Desk) -> None:
    desk.triage.annotate(desk.gus_1.id, "Asked Gus.", "alice")
    desk.triage.annotate(desk.gus_1.id, "Gus agrees.", "bob")

    notes = desk.triage.notes(desk.gus_1.id)

    assert [(note.by, note.text) for note in notes] == [
        ("alice", "Asked Gus."),
        ("bob", "Gus agrees."),
    ]


def test_what_makes_no_sense_is_refused_with_a_remedy(desk: Desk) -> None:
    wish = desk.wish(Scope.FINDING, desk.gus_1.id)
    for bad, error in (
        (replace(wish, target="nothing"), NotFoundError),
        (replace(wish, reason=" "), UsageError),
        (replace(wish, until=SEEN), UsageError),
        (desk.wish(Scope.PRINCIPAL, "nobody"), NotFoundError),
        (desk.wish(Scope.DETECTOR, DETECTOR, space="NOSUCH"), NotFoundError),
    ):
        with pytest.raises(error) as refusal:
            desk.triage.suppress(bad)
        assert refusal.value.remedy
    assert desk.told() == []
