"""A webhook goes to public addresses over https, and where an operator allows."""

from ipaddress import ip_address

import pytest

from connector.domain.destination import (
    AllowedDestinations,
    DestinationError,
    is_public,
    shown,
)

PUBLIC = ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
PRIVATE = [
    "127.0.0.1",
    "127.255.255.254",
    "0.0.0.0",  # noqa: S104 - nobody listens here
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "169.254.169.254",
    "192.0.2.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "2002:7f00:1::",
    "2001:0:1:2:3:4:5:6",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fec0::1",
    "ff02::1",
    "2001:db8::1",
]


@pytest.mark.parametrize("address", PUBLIC)
def test_an_address_of_the_internet_is_public(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize("address", PRIVATE)
def test_any_other_address_is_not(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_in_a_url_is_looked_at(address: str) -> None:
    host = f"[{address}]" if ":" in address else address

    with pytest.raises(DestinationError, match="no public address"):
        AllowedDestinations().check_url(f"https://{host}/hook")


@pytest.mark.parametrize(
    "url",
    [
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0177.0.0.1/",
        "https://0x7f.0.0.1/",
        "https://127.1/",
        "https://127.0.0.1./",
        "http://example.com/",
        "ftp://example.com/",
        "file:///etc/passwd",
        "gopher://example.com/",
        "//example.com/",
        "example.com/hook",
        "https://",
        "https:///hook",
        "https://example.com:0/",
        "https://example.com:99999/",
        "https://user@example.com/",
        "https://user:word@example.com/",
        "https://example.com/#part",
        "https://exam ple.com/",
        "https://example.com\\@127.0.0.1/",
        "https://example.com/\r\nX: y",
        "https://ex\u00e4mple.com/",
        "https://[::1/",
        "https://example.com/" + "x" * 2_000,
        "",
    ],
)
def test_a_strange_url_is_refused(url: str) -> None:
    with pytest.raises(DestinationError):
        AllowedDestinations().check_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com",
        "https://hooks.example.com:8443/a/b?token=x%2Fy",
        "https://xn--exmple-cua.com/",
        "https://8.8.8.8/",
        "https://[2606:4700::1111]/",
        "https://a_b.example.com./",
    ],
)
def test_a_public_https_url_is_taken(url: str) -> None:
    AllowedDestinations().check_url(url)


def test_one_private_address_among_public_ones_is_enough_to_refuse() -> None:
    addresses = [ip_address("8.8.8.8"), ip_address("10.0.0.1")]

    with pytest.raises(DestinationError, match="no public address"):
        AllowedDestinations().check("https", "example.com", addresses)


def test_a_host_without_addresses_is_refused() -> None:
    with pytest.raises(DestinationError):
        AllowedDestinations().check("https", "example.com", [])


def test_an_allowed_network_may_be_private_and_speak_http() -> None:
    allowed = AllowedDestinations.of(["10.1.0.0/16", "192.168.7.7"])

    allowed.check_url("http://10.1.2.3/hook")
    allowed.check_url("http://siem.internal/hook")
    allowed.check("http", "siem.internal", [ip_address("192.168.7.7")])
    allowed.check("https", "siem.internal", [ip_address("::ffff:10.1.2.3")])
    with pytest.raises(DestinationError):
        allowed.check("http", "siem.internal", [ip_address("10.2.0.1")])
    with pytest.raises(DestinationError, match="https"):
        allowed.check("http", "example.com", [ip_address("8.8.8.8")])


def test_an_allowed_host_may_be_anywhere_and_others_may_not() -> None:
    allowed = AllowedDestinations.of(["SIEM.internal"])

    allowed.check_url("http://siem.internal/hook")
    allowed.check("http", "siem.internal", [ip_address("10.0.0.1")])
    with pytest.raises(DestinationError):
        allowed.check_url("http://evil-siem.internal/hook")
    with pytest.raises(DestinationError):
        allowed.check("https", "x.siem.internal", [ip_address("10.0.0.1")])


@pytest.mark.parametrize(
    "entry", ["*", "10.0.0.0/99", "a b", "2130706433", "ü.example"]
)
def test_an_entry_that_is_neither_network_nor_host_is_refused(entry: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        AllowedDestinations.of([entry])


def test_what_is_shown_of_a_url_holds_no_secret() -> None:
    assert shown("https://hooks.example.com:8443/T0/secret?x=y") == (
        "https://hooks.example.com"
    )
