"""Atlassian's answers about a token, as a test wants them."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from casb_sdk import Site
from connector.domain.consent import GrantedSite

SCOPES = frozenset({"search:confluence", "read:space:confluence"})
ACME = GrantedSite(Site("acme-id", "https://acme.atlassian.example", "acme"), SCOPES)
BETA = GrantedSite(Site("beta-id", "https://beta.atlassian.example", "beta"), SCOPES)


@dataclass(slots=True)
class FakeSites:
    """Knows some sites and whose token it is; ``trouble`` is raised instead."""

    sites: Sequence[GrantedSite] = (ACME,)
    account: str = "mara"
    trouble: Exception | None = None
    asked_for: list[str] = field(default_factory=list)

    def granted(self, access_token: str) -> Sequence[GrantedSite]:
        """Return the sites."""
        if self.trouble:
            raise self.trouble
        return self.sites

    def account_id(self, access_token: str, cloud_id: str) -> str:
        """Return the account."""
        self.asked_for.append(cloud_id)
        return self.account
