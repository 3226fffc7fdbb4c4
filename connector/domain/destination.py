"""Where a webhook may go: to public addresses over https, or where an operator allows.

What counts are the addresses a name leads to at the moment of connecting; whoever
connects goes to an address that was checked, and asks no second time.
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from urllib.parse import SplitResult, urlsplit

from connector.domain.errors import UsageError

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

LONGEST_URL = 2_000
PRINTABLE = re.compile(r"[!-\[\]-~]+", re.ASCII)
HOST_NAME = re.compile(r"(?!-)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*\.?", re.ASCII)
AUTHORITY = re.compile(
    r"(\[[0-9a-f:.]+\]|[^\[\]]+?)(:[0-9]*)?", re.ASCII | re.IGNORECASE
)
NUMERIC = re.compile(r"(0x[0-9a-f]*|[0-9]+)(\.(0x[0-9a-f]*|[0-9]+)){0,3}\.?", re.ASCII)
SCHEMES = frozenset({"http", "https"})
HTTPS = "https"
TRANSLATED = IPv6Network("64:ff9b::/96")
"""IPv4 as networks without it see it (RFC 6052); the last 32 bits are the address."""
TUNNELS = (IPv6Network("2002::/16"), IPv6Network("2001::/32"))

ALLOW = "CASB_WEBHOOK_ALLOW"
REMEDY = f"Name a public https address; an operator can allow others in {ALLOW}."


class DestinationError(UsageError):
    """A webhook must not go where it is told to go."""


@dataclass(frozen=True, slots=True)
class AllowedDestinations:
    """What an operator allows besides public https: hosts by name, and networks.

    A host that is named may be anywhere and may speak http.
    """

    hosts: frozenset[str] = frozenset()
    networks: tuple[Network, ...] = ()

    @classmethod
    def of(cls, entries: Iterable[str]) -> "AllowedDestinations":
        """Return what entries allow; raises ValueError for one that is neither."""
        hosts, networks = set(), []
        for entry in entries:
            try:
                networks.append(ip_network(entry, strict=False))
            except ValueError:
                name = entry.lower().rstrip(".")
                if not HOST_NAME.fullmatch(name) or NUMERIC.fullmatch(name):
                    raise
                hosts.add(name)
        return cls(frozenset(hosts), tuple(networks))

    def check_url(self, url: str) -> None:
        """Refuse an address of which one can tell without asking anybody."""
        split = _split(url)
        host = _host_of(split)
        literal = literal_address(host)
        if literal is not None:
            self.check(split.scheme, host, [literal])
        elif NUMERIC.fullmatch(host):
            raise DestinationError("The host is a number but no address.", REMEDY)
        elif not HOST_NAME.fullmatch(host):
            raise DestinationError("The host is no name.", REMEDY)
        elif split.scheme != HTTPS and host not in self.hosts and not self.networks:
            raise DestinationError("The address does not begin with https.", REMEDY)

    def check(self, scheme: str, host: str, addresses: Collection[Address]) -> None:
        """Refuse to connect to a host that has these addresses, if one of them is bad.

        One bad address is enough: which one gets the connection is up to chance.
        """
        if host.lower().rstrip(".") in self.hosts:
            return
        strange = [each for each in addresses if not self._has(each)]
        if not addresses or not all(map(is_public, strange)):
            raise DestinationError("The host has no public address.", REMEDY)
        if strange and scheme != HTTPS:
            raise DestinationError("The address does not begin with https.", REMEDY)

    def _has(self, address: Address) -> bool:
        inner = _unwrapped(address)
        return any(inner in network for network in self.networks)


def literal_address(host: str) -> Address | None:
    """Return the address a host is, if it is one and no name."""
    try:
        return ip_address(host)
    except ValueError:
        return None


def is_public(address: Address) -> bool:
    """Return whether an address is one of the public internet."""
    inner = _unwrapped(address)
    if inner.is_multicast or inner.is_reserved or not inner.is_global:
        return False
    return isinstance(inner, IPv4Address) or not (
        inner.is_site_local or any(inner in tunnel for tunnel in TUNNELS)
    )


def shown(url: str) -> str:
    """Return the scheme and the host of a URL: the rest may be a secret."""
    split = urlsplit(url)
    return f"{split.scheme}://{split.hostname or ''}"


def _unwrapped(address: Address) -> Address:
    """Return the IPv4 address inside an IPv6 one, if there is one."""
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in TRANSLATED:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def _split(url: str) -> SplitResult:
    """Return the parts of a URL that every reader understands alike."""
    if len(url) > LONGEST_URL or not PRINTABLE.fullmatch(url):
        raise DestinationError(
            f"The address is longer than {LONGEST_URL} characters, or has some that "
            "belong in no address.",
            REMEDY,
        )
    try:
        split = urlsplit(url)
        is_named = bool(split.hostname) and AUTHORITY.fullmatch(split.netloc)
        is_whole = is_named and split.port != 0
    except ValueError:
        is_whole = False
        split = SplitResult("", "", "", "", "")
    if not is_whole or split.scheme not in SCHEMES:
        raise DestinationError("The address does not begin with https.", REMEDY)
    if "@" in split.netloc:
        raise DestinationError(
            "The address holds a name or a password.",
            "Leave it out: deliveries are signed.",
        )
    if split.fragment:
        raise DestinationError("The address has a fragment.", "Leave out the #.")
    return split


def _host_of(split: SplitResult) -> str:
    return (split.hostname or "").lower()
