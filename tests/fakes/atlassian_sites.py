"""Atlassian's answers about a token, as a test wants them."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from casb_sdk import Site
from connector.domain.consent import GrantedSite
from connector.domain.health import ProbedCall, ProbeReport

SCOPES = frozenset({"search:confluence", "read:space:confluence"})
ACME = GrantedSite(Site("acme-id", "https://acme.atlassian.example", "acme"), SCOPES)
BETA = GrantedSite(Site("beta-id", "https://beta.atlassian.example", "beta"), SCOPES)


@dataclass(slots=True)
class FakeSites:
    """Knows some sites and whose token it is; ``trouble`` is raised instead.

    ``refusals`` are raised by the real calls to sites, by cloud id; ``own_account``
    is what Atlassian itself says.
    """

    sites: Sequence[GrantedSite] = (ACME,)
    account: str = "mara"
    own_account: str = "mara"
    trouble: Exception | None = None
    refusals: dict[str, Exception] = field(default_factory=dict)
    asked_for: list[str] = field(default_factory=list)

    def granted(self, access_token: str) -> Sequence[GrantedSite]:
        """Return the sites."""
        if self.trouble:
            raise self.trouble
        return self.sites

    def account_id(self, access_token: str, cloud_id: str) -> str:
        """Return the account."""
        self.asked_for.append(cloud_id)
        if refusal := self.refusals.get(cloud_id):
            raise refusal
        return self.account

    def own_account_id(self, access_token: str) -> str:
        """Return the account."""
        return self.own_account


@dataclass(slots=True)
class FakeProbe:
    """Finds every call of a profile well, but for those a test spoils."""

    calls: tuple[ProbedCall, ...] = ()
    trouble: Exception | None = None
    probed: list[str] = field(default_factory=list)

    def probe(
        self, access_token: str, installation_site: Site, profile: str
    ) -> ProbeReport:
        """Return the report."""
        self.probed.append(installation_site.cloud_id)
        if self.trouble:
            raise self.trouble
        return ProbeReport(profile, self.calls)
