"""A grant with its sites in real stores; Atlassian and the time are a test's."""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count

from casb_sdk import Site
from connector.domain.care import CREDENTIALS, Alarm
from connector.domain.consent import TokenExchange
from connector.domain.errors import (
    AtlassianUnavailableError,
    CredentialsError,
    DeadGrantError,
)
from connector.domain.grant import Grant
from connector.domain.installation import (
    Installation,
    InstallationState,
    TokenPair,
)
from connector.domain.life import NoticeKind
from connector.domain.store_ports import Begin
from connector.use_cases.refresh_grant import Pace, RefreshGrant
from tests.fakes.exchange import NOON, FakeClock, FakeExchange

GRANT = "grant"
OLD = TokenPair("old-access", "old-refresh", NOON + timedelta(hours=1))
DEAD = DeadGrantError("Atlassian no longer accepts this consent.", "Again.")
WRONG_SECRET = CredentialsError("The secret is wrong.", "Copy it.")
AWAY = AtlassianUnavailableError("auth.atlassian.com answered 503.")


class World:
    """A grant whose hour began at noon, and what refreshes it."""

    def __init__(self, begin: Begin) -> None:
        self.begin = begin
        self.clock = FakeClock()
        self.exchange = FakeExchange(self.clock)
        self._owners = count()
        self.refresh = self.another_process()

    def another_process(
        self,
        sleep: Callable[[float], None] | None = None,
        exchange: TokenExchange | None = None,
    ) -> RefreshGrant:
        """Return what refreshes the same grants from elsewhere."""
        return RefreshGrant(
            self.begin,
            exchange or self.exchange,
            self.clock.now,
            sleep or self.clock.sleep,
            lambda: f"owner-{next(self._owners)}",
            Pace(jitter=lambda: 1.0),
        )

    def keep(
        self, grant_id: str = GRANT, pair: TokenPair = OLD, at: datetime = NOON
    ) -> None:
        """Store a grant."""
        with self.begin() as stores:
            stores.grants.save(Grant(grant_id, pair, at, at))

    def connect(self, *names: str, grant_id: str = GRANT) -> None:
        """Store sites that use a grant."""
        with self.begin() as stores:
            for name in names:
                site = Site(f"{name}-id", f"https://{name}.atlassian.example")
                stores.installations.save(Installation(name, site, grant_id))

    def expire(self) -> None:
        """Let the access token run out."""
        self.clock.skip(timedelta(hours=2))

    def change(self, change: Callable[[Grant], Grant]) -> None:
        """Change a grant behind everybody's back."""
        with self.begin() as stores:
            stores.grants.save(change(self.grant()))

    def grant(self, grant_id: str = GRANT) -> Grant:
        """Return a grant as it is stored."""
        with self.begin(write=False) as stores:
            grant = stores.grants.get(grant_id)
        assert grant is not None
        return grant

    def states(self) -> dict[str, InstallationState]:
        """Return the states of the sites."""
        with self.begin(write=False) as stores:
            return {known.id: known.state for known in stores.installations.all()}

    def notices(self) -> list[tuple[str, NoticeKind]]:
        """Return what was written down about whom."""
        with self.begin(write=False) as stores:
            entries = stores.log.entries()
        return [(entry.installation_id, entry.notice.kind) for entry in entries]

    def alarms(self) -> list[Alarm]:
        """Return the alarms that stand."""
        with self.begin(write=False) as stores:
            return list(stores.alarms.all())

    def alarm(self) -> Alarm | None:
        """Return the alarm about our app."""
        with self.begin(write=False) as stores:
            return stores.alarms.get(CREDENTIALS)
