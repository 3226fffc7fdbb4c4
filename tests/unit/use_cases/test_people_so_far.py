"""What a scan knows of people while it reads them."""

import pytest

from casb_sdk import Account, AnonymousUse, AudiencePolicy, Grant, Group, Subject
from casb_sdk.model import ANONYMOUS, Membership
from casb_sdk.testing import SiteBuilder
from connector.domain.reading import AccountsReading, GroupReading, SpaceGrants
from connector.use_cases.readings import ReadingKind, reading
from connector.use_cases.scan_facts import ScanFacts
from tests.fakes.reader import FakeReader

SITE = SiteBuilder().space("S").page("P")


async def some_facts() -> ScanFacts:
    reader = FakeReader(SITE.snapshot())
    facts = ScanFacts(reader, SITE.policy)
    facts.frame(await reader.outline())
    return facts


@pytest.mark.parametrize(
    ("subject", "must"),
    [
        (ANONYMOUS, True),
        (Subject("user", "anonymous"), True),
        (Subject("user", "gus"), False),
    ],
)
async def test_only_an_anonymous_grant_makes_one_ask(
    subject: Subject, *, must: bool
) -> None:
    facts = await some_facts()
    grants = SpaceGrants("S", (Grant(subject, "read/space"),))

    assert facts.must_ask_anonymous(grants) is must


async def test_people_are_worked_out_again_only_for_somebody_who_matters() -> None:
    facts = await some_facts()
    facts.describe([Account("gus", is_guest=True)])
    before = facts.people()

    facts.describe([Account("ann", email_domain="acme.example")])
    facts.add_group(GroupReading(Group("new", members=frozenset({"ann"}))))
    assert facts.people() is before

    facts.add_group(GroupReading(Group("other", members=frozenset({"gus"}))))
    assert facts.people().members_of["other"] == {"gus"}
    facts.describe([Account("kim", is_guest=True)])
    assert "kim" in facts.people().principals


async def test_a_look_up_knows_better_than_what_described_somebody() -> None:
    facts = await some_facts()
    facts.describe([Account("gus", is_guest=True)])
    assert "gus" in facts.people().principals

    facts.add_looked_up(AccountsReading((Account("gus", email_domain="acme.example"),)))

    assert "gus" not in facts.people().principals


async def test_people_in_use_do_not_change_under_a_detector() -> None:
    facts = await some_facts()
    people = facts.people()

    facts.describe([Account("ann", email_domain="acme.example")])

    assert "ann" not in people.directory.accounts


async def test_restoring_twice_does_no_harm() -> None:
    gone = GroupReading(Group("g", membership=Membership.GONE))
    readings = {
        ReadingKind.GROUP: [reading(ReadingKind.GROUP, "g", gone)],
        ReadingKind.ANONYMOUS: [
            reading(ReadingKind.ANONYMOUS, "site", AnonymousUse.INTERNET)
        ],
    }
    facts = ScanFacts(FakeReader(SITE.snapshot()), AudiencePolicy())

    for _ in range(2):
        facts.restore(lambda kind: readings.get(kind, []))

    assert facts.anonymous.use is AnonymousUse.INTERNET
