"""Asks servers of this machine over plain HTTP, which need no certificate.

Reading those that httpx trusts by itself takes 40 ms of a processor, for each client.
"""

from typing import Any

import httpx

from sdk.tests.cloud.caller import PLAIN


def plain_client(**options: Any) -> httpx.Client:
    """Return a client that goes through no proxy."""
    return httpx.Client(verify=PLAIN, trust_env=False, **options)


def is_ready(url: str) -> bool:
    """Return whether a server answers there, and well."""
    with plain_client() as client:
        try:
            return client.get(url).is_success
        except httpx.TransportError:
            return False
