from dataclasses import replace
from datetime import timedelta

import pytest

from casb_sdk import (
    Affected,
    AnonymousUse,
    Audience,
    Cause,
    ExposedPrincipal,
    Finding,
    Level,
    Path,
    Principal,
    Resource,
    Via,
)
from connector.cli.words import lasting, listed, reach, where, who, why
from connector.domain.counting import counted

SPACE = Resource("space", "1", "ENG", "Handbook", space_key="ENG")
ANONYMOUS = Principal("anonymous", Audience.ANONYMOUS)
GUEST = Principal("g", Audience.EXTERNAL, display_name="Gus", is_guest=True)
APP = Principal("a", Audience.APP, display_name="Slack")
GONE = Principal("557058:gone", Audience.UNKNOWN)
READ = Path(Via.GROUP, "read", "space", group_name="staff")
EDIT = replace(READ, operation="update", target="page")


def finding(*exposed: ExposedPrincipal) -> Finding:
    return Finding("example", SPACE, principals=exposed)


def held(*paths: Path, by: Principal = GUEST) -> ExposedPrincipal:
    return ExposedPrincipal(by, Level.EDIT, paths)


def test_numbers_come_with_their_noun() -> None:
    assert [counted(n, "item") for n in (0, 1, 50_000)] == [
        "0 items",
        "1 item",
        "50,000 items",
    ]


def test_a_stretch_of_time_is_said_in_the_unit_that_fits() -> None:
    durations = [timedelta(seconds=n) for n in (0, 1, 119, 300, 86_400)]

    assert [lasting(duration) for duration in durations] == [
        "0 seconds",
        "1 second",
        "119 seconds",
        "5 minutes",
        "24 hours",
    ]


def test_a_long_list_says_how_much_more_there_is() -> None:
    assert listed(["a", "b"]) == "a, b"
    assert listed(["a", "b", "c", "d", "e"]) == "a, b, c and 2 more"


@pytest.mark.parametrize(
    ("use", "words"),
    [
        (AnonymousUse.INTERNET, "anyone on the internet"),
        (AnonymousUse.AUTHENTICATED_ANY, "anyone who is logged in"),
        (AnonymousUse.UNVERIFIED, "anonymous visitors (not verified)"),
        (None, "anonymous visitors (not verified)"),
    ],
)
def test_anonymous_is_who_really_gets_in(use: AnonymousUse | None, words: str) -> None:
    assert who(replace(finding(held(by=ANONYMOUS)), anonymous_use=use)) == words


def test_people_apps_and_ghosts_are_told_apart() -> None:
    exposed = finding(held(by=GUEST), held(by=APP), held(by=GONE))

    assert who(exposed) == "Gus (guest), Slack (app), unknown account 557058:gone"


def test_the_cause_names_who_holds_what() -> None:
    assert why(finding(held(READ, EDIT))) == "the group staff has update/page"
    assert why(finding(held(READ))) == "the group staff has read/space"


@pytest.mark.parametrize(
    ("path", "words"),
    [
        (Path(Via.USER, "read", "space"), "the account itself has read/space"),
        (Path(Via.ANONYMOUS, "read", "space"), "anonymous access has read/space"),
        (Path(Via.ROLE, "read", "space", role_name="Viewer"), "the role Viewer has"),
        (
            Path(Via.ACCESS_CLASS, "read", "space", access_class="all-licensed-users"),
            "everybody in all-licensed-users has",
        ),
        (Path(Via.GROUP, "read", "space", group_id="g-1"), "the group g-1 has"),
    ],
)
def test_every_way_in_has_its_words(path: Path, words: str) -> None:
    assert why(finding(held(path))).startswith(words)


def test_limits_that_name_somebody_are_the_cause() -> None:
    page = Resource("page", "2", title="Plan", space_key="ENG")
    limited = replace(finding(held(READ)), resource=page, cause=Cause.RESTRICTION)

    assert why(limited).startswith("the limits of this page let them in; ")
    assert where(limited) == "page Plan (in ENG)"


def test_product_access_alone_is_a_cause_too() -> None:
    assert why(finding(held())) == "product access alone"


def test_the_reach_is_counted_or_named() -> None:
    space = finding(held(READ))
    items = replace(space, affected=Affected(2), level=Level.EDIT)
    account = replace(
        space, affected=Affected(1), resource=Resource("account", "g", title="Gus")
    )

    assert reach(space) == "can see the space"
    assert reach(replace(space, level=Level.ADMIN)) == "administers the space"
    assert reach(items) == "can edit 2 items"
    assert reach(account) == "can read 1 space"
    assert where(account) == "Gus"
