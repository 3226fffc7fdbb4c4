"""The proxy that the environment names, as every outgoing call honours it."""

from urllib.request import getproxies, proxy_bypass

from yarl import URL


def proxy_for(url: URL) -> str | None:
    """Return the proxy for a host: HTTPS_PROXY and its like, but for NO_PROXY."""
    proxies = getproxies()
    if not proxies or proxy_bypass(url.raw_authority):
        return None
    proxy = proxies.get(url.scheme) or proxies.get("all")
    return proxy if not proxy or "://" in proxy else f"http://{proxy}"
