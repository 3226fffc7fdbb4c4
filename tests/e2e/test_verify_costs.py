"""What verifying one finding costs: the table of docs/how-to/verify-a-finding.md."""

import pytest

from casb_sdk import Audience
from casb_sdk.testing import SiteBuilder
from connector.domain.verification import Outcome
from sdk.tests.cases.reading import wiki
from tests.e2e.scanning import Connect
from tests.e2e.verifying import ADD, READ, at, verify

CROWD = [f"member-{number:03}" for number in range(250)]


def crowd() -> SiteBuilder:
    site = wiki()
    for name in CROWD:
        site.person(name)
    return site.group("crowd", *CROWD)


def deep() -> SiteBuilder:
    """Return a space in which a page that names gus is below three others."""
    site = wiki().guest("gus").allows("gus", *READ).page("A", under="P")
    return site.page("B", under="A").restricted_to("gus")


# The finding, the site, then calls and points while it is still there.
KINDS = {
    "anonymous, on a space": ("F10", wiki().allows(Audience.ANONYMOUS, *READ), 5, 8),
    "anonymous, on its content": (
        "F1",
        wiki().allows(Audience.ANONYMOUS, *ADD),
        8,
        15,
    ),
    "a guest, on a space": ("F4", wiki().guest("gus").allows("gus", *ADD), 6, 15),
    "a guest, on its content": ("F8", wiki().guest("gus").allows("gus", *READ), 9, 18),
    "a guest, on a page below three": ("B", deep(), 8, 17),
    "an app, on a space": ("F6", wiki().app("bot").allows("bot", *ADD), 6, 15),
    "a guest, on the site": ("F7", wiki().guest("gus").allows("gus", *READ), 3, 9),
    "a guest in a group of few": (
        "F4",
        wiki().guest("gus").group("team", "gus").allows("team", *ADD),
        7,
        18,
    ),
    "a guest in a group of 251": (
        "F4",
        crowd().guest("gus").group("team", *CROWD, "gus").allows("team", *ADD),
        8,
        519,
    ),
    "a guest, where a large group is let in as well": (
        "F4",
        crowd().allows("crowd", *ADD).guest("gus").allows("gus", *ADD),
        6,
        19,
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_still_there_costs_what_its_evidence_names(
    kind: str, connect: Connect
) -> None:
    number, place, calls, points = KINDS[kind]
    site = connect(place)
    site.scan()
    tracked = at(site, "F8", number) if number == "B" else site.the(number)
    site.cloud.ledger.reset()

    said = verify(site, tracked)

    assert said.outcome is Outcome.CONFIRMED
    assert (said.spending.calls, said.spending.points) == (calls, points)
    assert site.cloud.ledger.total_calls == calls
    assert site.cloud.ledger.total_points == points
