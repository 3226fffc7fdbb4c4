"""What people are told of an incremental scan."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from connector.domain.freshness import Renewal
from connector.domain.renewal_words import WHY, renewal_document, renewal_words
from connector.domain.renewing import Why

MORNING = datetime(2026, 11, 20, 9, 0, 59, tzinfo=UTC)
ELSEWHERE = MORNING.astimezone(timezone(timedelta(hours=-5)))


def test_what_was_read_again_is_said_in_numbers() -> None:
    renewal = Renewal(
        {"new": 1, "count": 2, "sweep": 0}, 1_196, 512, groups_read=3, grants_read=20
    )

    assert renewal_words(renewal) == (
        "Read again: 3 spaces whole (2 whose count differs, 1 new), 512 changed items, "
        "the grants of 20 spaces, 3 groups; 1,196 spaces kept."
    )


def test_where_nothing_changed_nothing_is_counted() -> None:
    assert renewal_words(Renewal(kept=1)) == (
        "Read again: 0 spaces whole, 0 changed items, the grants of 0 spaces, "
        "0 groups; 1 space kept."
    )


def test_how_old_the_rest_is_at_most_is_said_in_utc() -> None:
    renewal = Renewal(restrictions_as_of=MORNING, members_as_of=ELSEWHERE)

    assert (
        "Restrictions are as of 2026-11-20 09:00 UTC or newer, members of groups as of "
        "2026-11-20 09:00 UTC or newer."
    ) in renewal_words(renewal)


def test_an_age_that_is_not_known_is_left_out() -> None:
    restrictions = renewal_words(Renewal(restrictions_as_of=MORNING))
    members = renewal_words(Renewal(members_as_of=MORNING))

    assert restrictions.endswith(
        "Restrictions are as of 2026-11-20 09:00 UTC or newer."
    )
    assert members.endswith(
        "Members of groups are as of 2026-11-20 09:00 UTC or newer."
    )


def test_the_audit_log_is_named_where_it_was_read() -> None:
    assert "audit log" in renewal_words(Renewal(audited=True))
    assert "audit log" not in renewal_words(Renewal())


def test_a_scan_that_could_keep_nothing_says_why() -> None:
    renewal = Renewal({"all": 3}, reason="the consent is another one")

    said = renewal_words(renewal)

    assert said.startswith("Everything was read, because the consent is another one. ")
    assert renewal_document(renewal) == {
        "whole": {"all": 3},
        "kept": 0,
        "changed": 0,
        "grants_read": 0,
        "groups_read": 0,
        "audited": False,
        "reason": "the consent is another one",
    }


@pytest.mark.parametrize("why", Why)
def test_every_reason_to_read_a_space_whole_has_its_words(why: Why) -> None:
    assert WHY[why] in renewal_words(Renewal({why.value: 1}))


def test_a_full_scan_read_nothing_again() -> None:
    assert renewal_document(None) is None
