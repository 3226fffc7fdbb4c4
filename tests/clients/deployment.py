"""A connector as deployed: `casb serve` over a site on which things happen."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from casb_sdk import SiteSnapshot
from casb_sdk.cloud import (
    CloudOptions,
    CloudSite,
    Consent,
    RunningCloud,
    SimulatedCloud,
)
from casb_sdk.cloud.demo_site import demo_site
from casb_sdk.model import ANONYMOUS
from casb_sdk.snapshot import SpaceSnapshot
from tests.clients.gate import Gate, gate
from tests.e2e.operator import Ended, Operator, accept
from tests.e2e.serving import casb_serve

SITE = demo_site().directory.site.url
OPEN, CLOSED = "HELP", "HR"
"""The space that is open to anybody at first, and the one that is so later."""

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Deployment:
    """A served connector, the cloud behind it and the gate before it."""

    operator: Operator
    cloud: RunningCloud
    gate: Gate

    @property
    def url(self) -> str:
        """Where consumers find it."""
        return self.operator.settings["PUBLIC_URL"]

    def casb(self, *arguments: str) -> Ended:
        """Run a command that has to succeed."""
        ended = self.operator.casb(*arguments, browse=accept)
        assert ended.code == 0, ended.err
        return ended

    def client(self, name: str) -> dict[str, str]:
        """Let a consumer in; return its credentials."""
        issued = self.casb("clients", "create", name, "--site", SITE, "--json").json
        return {
            key: issued[key]
            for key in ("api_key", "client_id", "client_secret", "token_url")
        }

    def feed(self) -> list[Row]:
        """Return every change so far, as the command line has them."""
        return self.casb("export").lines

    def suppress(self, count: int) -> None:
        """Put some open findings aside."""
        found = self.casb("findings", "--json").json
        for row in found[:count]:
            self.casb("suppress", row["id"], "--reason", "Agreed with legal")

    def changes(self) -> None:
        """Let findings begin, end and change."""
        self.cloud.cloud.serve(CloudSite(_later()))
        self.casb("scan", SITE)
        self.suppress(4)


@contextmanager
def deployed(folder: Path) -> Iterator[Deployment]:
    """Deploy a connector whose feed has more than one change of some findings."""
    options = CloudOptions(consent=Consent.ACCEPT)
    with SimulatedCloud([CloudSite(demo_site())], options=options).running() as cloud:
        operator = Operator(folder).connected_to(cloud)
        with gate() as counting:
            deployment = Deployment(operator, cloud, counting)
            for arguments in (
                ["migrate"],
                ["install"],
                ["sites", "set", SITE, "internal_domains=acme.example"],
                ["scan", SITE],
            ):
                deployment.casb(*arguments)
            deployment.suppress(3)
            with casb_serve(operator):
                yield deployment


def _later() -> SiteSnapshot:
    """Return the site once anybody may do in one space what they did in another."""
    site = demo_site()
    spaces = {space.space.key: space for space in site.spaces}
    to_anybody = [grant for grant in spaces[OPEN].grants if grant.subject == ANONYMOUS]
    return replace(
        site, spaces=tuple(_with(space, to_anybody) for space in site.spaces)
    )


def _with(space: SpaceSnapshot, to_anybody: list[Any]) -> SpaceSnapshot:
    if space.space.key == OPEN:
        kept = (grant for grant in space.grants if grant.subject != ANONYMOUS)
        return replace(space, grants=tuple(kept))
    if space.space.key == CLOSED:
        return replace(space, grants=(*space.grants, *to_anybody))
    return space
