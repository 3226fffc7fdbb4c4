"""An installer over real stores; Atlassian and the time are in a test's hand."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count

from casb_sdk import Site
from connector.domain.consent import GrantedSite
from connector.domain.installation import Installation, TokenPair
from connector.domain.store_ports import Begin
from connector.use_cases.install_site import InstallSite, Outcome
from tests.fakes.atlassian_sites import ACME, SCOPES, FakeSites

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ASKED = SCOPES | {"offline_access"}
JIRA = GrantedSite(Site("jira-id", "https://jira.atlassian.example"), frozenset({"x"}))


def pair(name: str = "first") -> TokenPair:
    return TokenPair(f"{name}-access", f"{name}-refresh", NOW, ASKED)


class World:
    """An installer with a clock that a test can turn."""

    def __init__(self, begin: Begin) -> None:
        self.begin = begin
        self.now = NOW
        self.sites = FakeSites()
        self._secrets: Iterator[int] = count()
        self.install = InstallSite(
            begin, self.sites, "current", ASKED, lambda: self.now, self._secret
        )

    def _secret(self) -> str:
        return f"secret-{next(self._secrets)}"

    def started(self, wanted: str = "") -> str:
        return self.install.start(self.install.ask(wanted).secret).id

    def connect(self, wanted: str = "", tokens: TokenPair | None = None) -> Outcome:
        return self.install.finish(self.started(wanted), tokens or pair())

    def installation(self, site: GrantedSite = ACME) -> Installation:
        with self.begin(write=False) as stores:
            found = stores.installations.find(site.site.cloud_id)
        assert found is not None
        return found

    def tokens(self, grant_id: str) -> TokenPair | None:
        with self.begin(write=False) as stores:
            return stores.vault.load(grant_id)
