"""Nothing is sent where it must not go, whatever a name or a receiver says."""

import asyncio
from collections.abc import Sequence
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from connector.domain.destination import Address, AllowedDestinations
from connector.domain.webhook import Answer
from connector.export.sender import Lookup, open_web_post
from tests.fakes.certificates import Authority
from tests.fakes.receiver import Receiver, receiving
from tests.fakes.tunnel import tunnelling

NAME = "siem.example"


class Names:
    """A resolver that leads a name to one place after another."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self._answers = list(answers)
        self.asked = 0

    async def __call__(self, host: str, port: int) -> Sequence[Address]:
        self.asked += 1
        found = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        return [ip_address(text) for text in found]


def send(
    url: str, *allowed: str, names: Lookup | None = None, tls: object = None
) -> Answer:
    """Send something and return what came of it."""

    async def sending() -> Answer:
        async with open_web_post(
            AllowedDestinations.of(allowed),
            look_up=names,
            tls=tls,  # type: ignore[arg-type]
            seconds=5.0,
        ) as post:
            return await post.send(url, {"webhook-id": "1"}, b"{}")

    return asyncio.run(sending())


def named(receiver: Receiver, scheme: str = "http") -> str:
    """Return the address of a receiver by its name."""
    return f"{scheme}://{NAME}:{urlsplit(receiver.url).port}/200"


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "LOCALHOST.",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "127.1",
        "0",
        "0.0.0.0",  # noqa: S104 - nobody listens here
        "169.254.169.254",
        "10.0.0.1",
        "[64:ff9b::7f00:1]",
    ],
)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_no_spelling_of_a_private_address_gets_through(
    receiver: Receiver, scheme: str, host: str
) -> None:
    port = urlsplit(receiver.url).port

    answer = send(f"{scheme}://{host}:{port}/200")

    assert answer.status is None
    assert answer.reason
    assert receiver.got == []


@pytest.mark.parametrize(
    "addresses",
    [["127.0.0.1"], ["169.254.169.254"], ["8.8.8.8", "10.0.0.1"], ["::ffff:a00:1"], []],
)
def test_a_name_that_leads_to_a_private_address_is_refused(
    addresses: list[str],
) -> None:
    answer = send(f"https://{NAME}/", names=Names(addresses))

    assert answer.reason.startswith("The host has no public address.")


def test_a_name_is_looked_up_once_and_cannot_move_in_between(
    receiver: Receiver,
) -> None:
    names = Names(["127.0.0.1"], ["127.0.0.9"])

    answer = send(named(receiver), "127.0.0.1", names=names)

    assert answer.status == 200
    assert names.asked == 1
    [got] = receiver.got
    assert got.headers["host"].startswith(f"{NAME}:")


def test_a_name_that_moves_later_is_refused_then(receiver: Receiver) -> None:
    names = Names(["127.0.0.1"], ["10.0.0.1"])

    first = send(named(receiver), "127.0.0.1", names=names)
    second = send(named(receiver), "127.0.0.1", names=names)

    assert (first.status, second.status) == (200, None)
    assert len(receiver.got) == 1


def test_a_name_that_leads_nowhere_is_told() -> None:
    answer = send("https://there-is-no-such-name.invalid/")

    assert answer.reason == "The name of the receiver leads nowhere."


def test_an_address_that_is_down_is_passed_over(receiver: Receiver) -> None:
    # Nobody listens at 127.0.0.2; 127.0.0.1 is next.
    names = Names(["127.0.0.2", "127.0.0.1"])

    answer = send(named(receiver), "127.0.0.0/8", names=names)

    assert answer.status == 200


def test_a_redirect_to_a_private_address_is_not_followed(receiver: Receiver) -> None:
    receiver.headers["Location"] = "http://169.254.169.254/latest/meta-data/"

    answer = send(receiver.at("/307"), "127.0.0.1")

    assert answer.status == 307
    assert "redirects are not followed" in answer.reason
    assert len(receiver.got) == 1


def test_https_is_checked_against_the_name_and_not_the_address(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    with receiving(authority.server(NAME)) as receiver:
        names = Names(["127.0.0.1"])
        url = named(receiver, "https")

        good = send(url, "127.0.0.1", names=names, tls=authority.trusting())
        untrusted = send(url, "127.0.0.1", names=names)
        other = send(
            url.replace(NAME, "other.example"),
            "127.0.0.1",
            names=names,
            tls=authority.trusting(),
        )

    assert good.status == 200
    assert untrusted.reason == "The receiver's certificate is not valid."
    assert other.reason == "The receiver's certificate is not valid."
    assert len(receiver.got) == 1


def test_a_proxy_is_told_the_address_that_was_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = Authority(tmp_path)
    with receiving(authority.server(NAME)) as receiver, tunnelling() as tunnel:
        monkeypatch.setenv("HTTPS_PROXY", tunnel.url)
        monkeypatch.setenv("NO_PROXY", "")
        port = urlsplit(receiver.url).port

        answer = send(
            named(receiver, "https"),
            "127.0.0.1",
            names=Names(["127.0.0.1"]),
            tls=authority.trusting(),
        )
        refused = send(f"https://{NAME}/", names=Names(["10.0.0.1"]))

    assert answer.status == 200
    assert tunnel.asked_for == [f"127.0.0.1:{port}"]
    assert refused.status is None


def test_a_host_that_needs_no_proxy_is_reached_without(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", NAME)

    answer = send(named(receiver), "127.0.0.1", names=Names(["127.0.0.1"]))

    assert answer.status == 200


def test_a_long_answer_is_not_read_to_its_end(receiver: Receiver) -> None:
    receiver.headers["X-Filler"] = "x" * 4_000

    answer = send(receiver.at("/200"), "127.0.0.1")

    assert answer.status == 200
