from datetime import UTC, datetime

import pytest

from connector.atlassian.rate_limits import (
    RateLimit,
    Scope,
    rate_limits_of,
    reset_of,
    retry_after_of,
    scope_of,
)

NOW = datetime(2026, 3, 26, 15, 0, tzinfo=UTC).timestamp()


def test_most_answers_say_nothing() -> None:
    assert rate_limits_of({"content-type": "application/json"}, NOW) == ()


def test_an_announced_quota_is_not_enforced() -> None:
    headers = {
        "beta-ratelimit-policy": '"global-app-quota";q=65000;w=3600',
        "beta-ratelimit": '"global-app-quota";t=3200',
    }

    [limit] = rate_limits_of(headers, NOW)

    assert limit == RateLimit("global-app-quota", False, 65000, None, 3200.0)
    assert limit.is_quota
    assert not limit.is_spent


def test_what_is_left_is_said_only_near_the_limit() -> None:
    headers = {"ratelimit": '"global-app-quota";r=11000;t=600'}

    [limit] = rate_limits_of(headers, NOW)

    assert (limit.remaining, limit.resets_in) == (11000, 600.0)


def test_an_announced_quota_that_is_spent_stops_nobody() -> None:
    headers = {
        "beta-ratelimit": '"global-app-quota";r=0;t=50',
        "beta-retry-after": "50",
    }

    [limit] = rate_limits_of(headers, NOW)

    assert limit.remaining == 0
    assert not limit.is_spent
    assert retry_after_of(headers, NOW) is None


def test_several_policies_share_a_header_in_any_order() -> None:
    headers = {
        "ratelimit-policy": '"global-app-quota";q=65000;w=3600,"burst-based";q=100;w=1',
        "ratelimit": '"burst-based";r=90;t=1 , "global-app-quota" ; t = 200',
    }

    quota, burst = rate_limits_of(headers, NOW)

    assert (quota.limit, quota.resets_in, quota.is_quota) == (65000, 200.0, True)
    assert (burst.limit, burst.remaining, burst.is_quota) == (100, 90, False)


def test_one_limit_may_be_enforced_and_another_announced() -> None:
    headers = {
        "ratelimit-policy": '"global-app-quota";q=65000;w=3600',
        "beta-ratelimit-policy": '"burst-based";q=100;w=1',
    }

    enforced, announced = rate_limits_of(headers, NOW)

    assert (enforced.policy, enforced.is_enforced) == ("global-app-quota", True)
    assert (announced.policy, announced.is_enforced) == ("burst-based", False)


def test_a_reset_without_seconds_is_read() -> None:
    headers = {
        "x-beta-ratelimit-nearlimit": "true",
        "x-beta-ratelimit-reset": "2026-03-26T16:00Z",
    }

    [limit] = rate_limits_of(headers, NOW)

    assert (limit.resets_in, limit.is_near, limit.is_enforced) == (3600.0, True, False)


def test_the_older_headers_are_a_quota() -> None:
    headers = {
        "x-ratelimit-limit": "40000",
        "x-ratelimit-remaining": "0",
        "x-ratelimit-reset": "2026-03-26T15:30:47Z",
    }

    [limit] = rate_limits_of(headers, NOW)

    assert (limit.limit, limit.resets_in) == (40000, 1847.0)
    assert limit.is_quota
    assert limit.is_spent


@pytest.mark.parametrize("value", ["", "soon", '"unclosed', "nan", ";;;", "1e999"])
def test_nonsense_is_no_limit_to_speak_of(value: str) -> None:
    headers = {
        "ratelimit": value,
        "ratelimit-policy": value,
        "x-ratelimit-remaining": value,
        "x-ratelimit-reset": value,
    }

    [limit] = rate_limits_of(headers, NOW)

    assert (limit.remaining, limit.resets_in) == (None, None)
    assert retry_after_of({"retry-after": value}, NOW) is None


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("1847", 1847.0),
        ("0.5", 0.5),
        ("-3", 0.0),
        ("Thu, 26 Mar 2026 15:01:30 GMT", 90.0),
        ("Thu, 26 Mar 2026 14:00:00 GMT", 0.0),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str, seconds: float) -> None:
    assert retry_after_of({"retry-after": value}, NOW) == seconds


@pytest.mark.parametrize(
    ("headers", "scope"),
    [
        ({"ratelimit-reason": "confluence-quota-global-based"}, Scope.APP_QUOTA),
        ({"ratelimit-reason": "confluence-quota-tenant-based"}, Scope.SITE_QUOTA),
        ({"ratelimit-reason": "conf-global-based"}, Scope.APP_QUOTA),
        ({"ratelimit-reason": "confluence-burst-based"}, Scope.ENDPOINT),
        ({"x-failure-category": "FAILURE CLIENT RATE LIMITED"}, Scope.GATEWAY),
        ({"x-failure-category": "FAILURE_CLIENT_RATE_LIMITED"}, Scope.GATEWAY),
        ({"x-ratelimit-remaining": "0"}, Scope.GATEWAY),
        (
            {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(NOW + 9)},
            Scope.APP_QUOTA,
        ),
        ({"ratelimit": '"tenant-quota";r=0;t=9'}, Scope.SITE_QUOTA),
        ({"beta-ratelimit": '"global-app-quota";r=0;t=9'}, Scope.ENDPOINT),
        ({}, Scope.ENDPOINT),
    ],
)
def test_a_refusal_says_what_it_is_about(headers: dict[str, str], scope: Scope) -> None:
    assert scope_of(headers, NOW) is scope


def test_a_spent_quota_is_full_again_when_the_answer_says_so() -> None:
    headers = {"ratelimit": '"global-app-quota";r=0;t=40,"burst";r=9;t=1'}

    assert reset_of(headers, NOW) == 40.0


def test_a_spent_quota_that_says_nothing_is_full_again_at_the_next_hour() -> None:
    assert reset_of({}, NOW + 600) == 3000.0
