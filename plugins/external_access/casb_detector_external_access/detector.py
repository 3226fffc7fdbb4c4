"""Finds people outside the organisation who can get into the site."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from casb_detector_external_access.texts import RATIONALE, REMEDIATION
from casb_sdk import (
    Audience,
    Context,
    Detector,
    Finding,
    Severity,
    SiteAccess,
    hookimpl,
)


class ExternalAccess(Detector):
    """Reports each active guest, customer or foreign account that gets in."""

    id = "external-access"
    title = "External collaborator with access"
    severity = Severity.MEDIUM
    rationale = RATIONALE
    remediation = REMEDIATION

    def check_site(self, site: SiteAccess, context: Context) -> Iterator[Finding]:
        """Yield one finding per account, with the groups that give it the product."""
        for account in site.accounts({Audience.EXTERNAL}):
            groups = ", ".join(map(site.people.group_name, account.product_groups))
            details = {"product_groups": groups} if groups else {}
            yield replace(self.finding(account.exposure), details=details)


@hookimpl
def casb_detectors() -> Iterable[Detector]:
    """Offer the one detector of this package."""
    return [ExternalAccess()]
