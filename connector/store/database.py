"""The database of the connector: transactions over it, with all stores inside."""

import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from connector.domain.errors import ConflictError, DatabaseAwayError
from connector.store.account_store import SqlAccountStore
from connector.store.admin_store import SqlAdminStore
from connector.store.announce import Announce, tell_nobody
from connector.store.care_stores import (
    SqlAlarmStore,
    SqlInstallationLog,
    SqlJobStore,
)
from connector.store.change_feed import SqlChangeFeed
from connector.store.client_store import SqlClientStore
from connector.store.consent_store import SqlConsentStore
from connector.store.delivery_store import SqlDeliveryStore
from connector.store.engines import BUSY_SECONDS, Engines
from connector.store.finding_store import SqlFindingStore
from connector.store.grant_store import SqlGrantStore
from connector.store.installation_store import SqlInstallationStore
from connector.store.listings import SqlListings
from connector.store.name_marks import KeptFillings
from connector.store.points_store import SqlPointsStore
from connector.store.policy_store import SqlPolicyStore
from connector.store.scan_ledger import SqlScanLedger
from connector.store.schema import require_current
from connector.store.seal import Seal
from connector.store.session_store import SqlSessionStore
from connector.store.site_data_store import SqlSiteDataStore
from connector.store.snapshot_store import SqlSnapshotStore
from connector.store.suppression_store import SqlSuppressionStore
from connector.store.webhook_store import SqlWebhookStore


@dataclass(frozen=True, slots=True)
class SqlStores:
    """All stores over one transaction."""

    ledger: SqlScanLedger
    snapshots: SqlSnapshotStore
    findings: SqlFindingStore
    installations: SqlInstallationStore
    policies: SqlPolicyStore
    grants: SqlGrantStore
    consents: SqlConsentStore
    log: SqlInstallationLog
    alarms: SqlAlarmStore
    jobs: SqlJobStore
    accounts: SqlAccountStore
    site_data: SqlSiteDataStore
    feed: SqlChangeFeed
    suppressions: SqlSuppressionStore
    admins: SqlAdminStore
    sessions: SqlSessionStore
    clients: SqlClientStore
    listings: SqlListings
    webhooks: SqlWebhookStore
    deliveries: SqlDeliveryStore
    points: SqlPointsStore


def utc_now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


def random_id() -> str:
    """Return an id nobody can guess."""
    return str(uuid.uuid4())


@dataclass(slots=True)
class Database:
    """SQLite or PostgreSQL; threads may share one, processes open one each."""

    engines: Engines
    seal: Seal
    now: Callable[[], datetime] = utc_now
    new_id: Callable[[], str] = random_id
    announce: Announce = tell_nobody
    _is_current: bool = field(default=False, init=False)
    _kept: KeptFillings = field(default_factory=KeptFillings, init=False)

    @classmethod
    def open(
        cls,
        url: str,
        token_keys: Sequence[str] = (),
        announce: Announce = tell_nobody,
    ) -> "Database":
        """Open a database; it is connected to, and its schema checked, when used."""
        return cls(Engines.open(url), Seal.of(token_keys), announce=announce)

    @property
    def name(self) -> str:
        """The address of the database, without its password."""
        return self.engines.writer.url.render_as_string(hide_password=True)

    @contextmanager
    def begin(self, *, write: bool = True) -> Iterator[SqlStores]:
        """Begin; commits at the end of the block and rolls back on an error."""
        with self.connect(self.engines.writer if write else self.engines.reader) as it:
            if not self._is_current:
                require_current(it)
                self._is_current = True
            yield self._stores(it, None if write else self._kept)

    @contextmanager
    def connect(self, engine: Engine) -> Iterator[Connection]:
        """Begin a transaction of an engine, explaining why if that fails."""
        try:
            connection = engine.connect()
        except PoolTimeoutError as error:
            raise _busy(self.name) from error
        except DBAPIError as error:
            raise _unreachable(self.name, error) from error
        with connection:
            try:
                transaction = connection.begin()
            except OperationalError as error:
                raise _busy(self.name) from error
            try:
                with transaction:
                    yield connection
            except DBAPIError as error:
                if error.connection_invalidated:
                    raise _gone(self.name) from error
                raise

    def close(self) -> None:
        """Close every connection."""
        self.engines.dispose()

    def _stores(self, connection: Connection, kept: KeptFillings | None) -> SqlStores:
        feed = SqlChangeFeed(connection, self.now, self.new_id, kept)
        ledger = SqlScanLedger(connection, self.new_id, self.announce)
        return SqlStores(
            ledger=ledger,
            snapshots=SqlSnapshotStore(connection, self.now),
            findings=SqlFindingStore(connection, self.now, feed),
            installations=SqlInstallationStore(connection),
            policies=SqlPolicyStore(connection),
            grants=SqlGrantStore(connection, self.seal),
            consents=SqlConsentStore(connection),
            log=SqlInstallationLog(connection, self.new_id),
            alarms=SqlAlarmStore(connection),
            jobs=SqlJobStore(connection),
            feed=feed,
            suppressions=SqlSuppressionStore(connection),
            admins=SqlAdminStore(connection),
            sessions=SqlSessionStore(connection, self.seal),
            clients=SqlClientStore(connection),
            listings=SqlListings(connection),
            webhooks=SqlWebhookStore(connection, self.seal),
            deliveries=SqlDeliveryStore(connection),
            points=SqlPointsStore(connection),
            accounts=SqlAccountStore(connection, self.now),
            site_data=SqlSiteDataStore(connection, ledger),
        )


def _busy(name: str) -> ConflictError:
    return ConflictError(
        f"The database {name} was busy for more than {BUSY_SECONDS} seconds.",
        "Look for a process that holds it, and try again.",
    )


def _gone(name: str) -> DatabaseAwayError:
    return DatabaseAwayError(
        f"The database {name} went away in the middle of a transaction.",
        "Look whether it is up again; nothing of the transaction was kept.",
    )


def _unreachable(name: str, error: DBAPIError) -> DatabaseAwayError:
    return DatabaseAwayError(
        f"The database {name} cannot be opened: {error.orig}.",
        "Check CASB_DATABASE_URL and whether the database is up.",
    )
