"""Slows down whoever tries credentials that do not work, address by address.

Secrets of 256 bits cannot be guessed; this keeps the trying from costing much, and the
log from filling up. What works is let in from the same address all the same: a client
whose key has expired must not lock out those behind the same proxy. Each process
counts for itself, in memory: an attempt that fails writes nothing.
"""

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network

from connector.domain.client import Allowance, RateLimit

LIMIT = RateLimit(60, timedelta(minutes=1))
MOST_ADDRESSES = 10_000
NETWORK_OF_ONE = 64
"""The part of an IPv6 address that whoever holds one cannot choose."""


@dataclass(slots=True)
class FailedAttempts:
    """How often each address failed in the minute that began with its first failure."""

    limit: RateLimit = LIMIT
    _since: OrderedDict[str, tuple[datetime, int]] = field(default_factory=OrderedDict)
    _alone: threading.Lock = field(default_factory=threading.Lock)

    def count(self, address: str, now: datetime) -> Allowance:
        """Count a failure; returns what is left to the address."""
        whose = _whose(address)
        with self._alone:
            began_at, failures = self._since.pop(whose, (now, 0))
            if now - began_at >= self.limit.per:
                began_at, failures = now, 0
            self._since[whose] = began_at, failures + 1
            if len(self._since) > MOST_ADDRESSES:
                self._since.popitem(last=False)
        return Allowance(self.limit, failures + 1, began_at + self.limit.per)


def _whose(address: str) -> str:
    try:
        ip = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(ip, IPv6Address) and not ip.ipv4_mapped:
        return str(ip_network((ip, NETWORK_OF_ONE), strict=False))
    return str(ip)
