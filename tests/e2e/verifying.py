"""Verifies findings of a connected site, with the reader that waits for nothing."""

import asyncio
from dataclasses import replace

from casb_sdk.testing import SiteBuilder
from connector.bootstrap.verifying import open_verifier
from connector.domain.finding_state import TrackedFinding
from connector.domain.verification import Verification
from connector.use_cases.verify_now import VerifyNow
from sdk.tests.cases.reading import branch
from tests.e2e.scanning import Connected

READ = ("read/space",)
ADD = ("read/space", "create/page")


def verifier(site: Connected) -> VerifyNow:
    """Return what verifies the findings of a site."""
    opening = site.scanner().open_reader
    return replace(open_verifier(site.application), open_reader=opening)


def verify(site: Connected, tracked: TrackedFinding) -> Verification:
    """Verify one finding."""
    return asyncio.run(verifier(site)(tracked.id))


def at(site: Connected, number: str, title: str = "") -> TrackedFinding:
    """Return the open finding of a detector on the place with this title."""
    kinds = {"F3": "external-content-edit", "F8": "external-content-view"}
    [found] = (
        each
        for each in site.open
        if each.type.id == kinds.get(number, number)
        and title in {"", each.finding.resource.title}
    )
    return found


def tree(parent: str = "Open", *also: str) -> SiteBuilder:
    """Return a space that gus may read, with a page that names him below a parent."""
    site = branch().guest("gus").allows("gus", *READ)
    site.page("Open").page("Shut").restricted_to("staff")
    return site.page("P", under=parent).restricted_to("staff", "gus", *also)
