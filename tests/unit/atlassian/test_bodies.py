import pytest

from connector.atlassian import payloads
from connector.atlassian.answers import Setback
from connector.atlassian.bodies import decoded


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (
            rb'{"accountId":"1","displayName":"half a \ud83d face"}',
            "half a \ufffd face",
        ),
        (rb'{"accountId":"1","displayName":"\ude00"}', "\ufffd"),
        (b'{"accountId":"1","displayName":"\xff"}', "\ufffd"),
        (b'{"accountId":"1","displayName":"a\x01b"}', "a\x01b"),
        ('{"accountId":"1","displayName":"\U0001f600"}'.encode(), "\U0001f600"),
    ],
)
def test_a_broken_character_spoils_nothing_else(body: bytes, name: str) -> None:
    user = decoded(body, payloads.USER)

    assert isinstance(user, payloads.User)
    assert (user.account_id, user.display_name) == ("1", name)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (b"  <!DOCTYPE html><html>", "html"),
        (b'{"results":[{"accountId":"1"', "cut"),
        (b'{"results":[]} and more', "cut"),
        (b"upstream request timeout", "cut"),
        (b"{}", "shape"),
        (b"[]", "shape"),
        (b"null", "shape"),
        (b'{"results":null}', "shape"),
        (rb'{"message":"\ud83d"}', "shape"),
    ],
)
def test_what_is_no_listing_is_told_apart(body: bytes, reason: str) -> None:
    setback = decoded(body, payloads.USERS)

    assert isinstance(setback, Setback)
    assert setback.reason == reason
