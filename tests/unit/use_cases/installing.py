"""An installer over real stores; Atlassian and the time are in a test's hand."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count

from casb_sdk import Site
from connector.domain import life
from connector.domain.consent import GrantedSite
from connector.domain.installation import Installation, TokenPair
from connector.domain.store_ports import Begin
from connector.use_cases.befall import befall
from connector.use_cases.check_site import CheckSite
from connector.use_cases.install_site import InstallSite, Outcome
from connector.use_cases.release_scopes import ReleaseScopes
from connector.use_cases.settle_consent import Terms
from tests.fakes.atlassian_sites import ACME, SCOPES, FakeProbe, FakeSites
from tests.fakes.grants import tokens_of

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
        self.probe = FakeProbe()
        self.required = ASKED
        self.permissions = 1
        self.check, self.install = self._opened()

    def upgraded(self, *scopes: str) -> None:
        """Let a version be started that asks for more."""
        self.required, self.permissions = ASKED | set(scopes), self.permissions + 1
        self.check, self.install = self._opened()
        self.release()

    def befall(self, event: life.Event, site: GrantedSite = ACME) -> Installation:
        with self.begin() as stores:
            return befall(stores, self.installation(site), event, self.now)

    def notices(self, site: GrantedSite = ACME) -> list[str]:
        with self.begin(write=False) as stores:
            entries = stores.log.entries(site.site.cloud_id)
        return [entry.notice.kind.value for entry in entries]

    def _opened(self) -> tuple[CheckSite, InstallSite]:
        check = CheckSite(
            self.begin,
            self.sites,
            self.probe,
            lambda _: self.required,
            self.permissions,
            lambda: self.now,
        )
        terms = Terms("current", "our-app", self.permissions)
        clock = (lambda: self.now, self._secret)
        return check, InstallSite(self.begin, self.sites, check, terms, *clock)

    def release(self) -> None:
        required = (lambda _: self.required, self.permissions)
        ReleaseScopes(self.begin, *required, lambda: self.now)()

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
            return tokens_of(stores, grant_id)
