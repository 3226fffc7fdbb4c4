"""Whom outgoing calls trust: the certificates that the environment names."""

import ssl
from functools import cache

import httpx


@cache
def trusted() -> ssl.SSLContext:
    """Return what tells good certificates, as httpx would; it takes long to read.

    Of this process only one is made, for all sites and receivers.
    """
    return httpx.create_ssl_context()
