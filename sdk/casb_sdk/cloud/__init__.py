"""A simulated Atlassian cloud on loopback: OAuth 2.0 and Confluence over HTTP.

It is built from a :class:`~casb_sdk.snapshot.SiteSnapshot`, which it takes as the
truth of the site, and serves what the real cloud is known to serve of it. It needs
nothing but the standard library; with uvloop installed it is faster.

::

    cloud = SimulatedCloud([CloudSite(demo_site())])
    with cloud.running() as atlassian:
        ...  # point the connector at atlassian.auth_url and atlassian.api_url
        atlassian.faults.add(Fault(FaultKind.RATE_LIMIT, seconds=1, count=3))
        atlassian.ledger.total_points
"""

from casb_sdk.cloud.cloud import RunningCloud, SimulatedCloud
from casb_sdk.cloud.faults import Fault, FaultKind
from casb_sdk.cloud.options import (
    AuditRecord,
    CheckAnswer,
    CloudOptions,
    CloudSite,
    Consent,
    OAuthApp,
    RateHeaders,
)

__all__ = [
    "AuditRecord",
    "CheckAnswer",
    "CloudOptions",
    "CloudSite",
    "Consent",
    "Fault",
    "FaultKind",
    "OAuthApp",
    "RateHeaders",
    "RunningCloud",
    "SimulatedCloud",
]
