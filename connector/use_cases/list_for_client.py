"""Lists what stands today for a consumer: findings, scans, sites, other consumers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from connector.domain.client import Client, Consumer, Pull
from connector.domain.errors import NotFoundError
from connector.domain.feed import START, Watermark
from connector.domain.finding_state import FindingType, OpenFindings
from connector.domain.listing import (
    FindingFilter,
    ListedFinding,
    ListedScan,
    SiteState,
)
from connector.domain.store_ports import Begin
from connector.use_cases.export_changes import refuse_foreign, site_states

CHANGES = "/findings/changes"
READ_AT_MOST = 5_000
"""Findings that one request looks through for those that match."""
READ_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class ListedPage:
    """Some findings, and the number after which to go on if there may be more.

    They are at least as new as what the feed tells up to the watermark.
    """

    findings: Sequence[ListedFinding]
    next_after: int | None
    sites: Sequence[SiteState]
    watermark: Watermark


@dataclass(frozen=True, slots=True)
class ConsumerLag:
    """How far a client has come with the feed."""

    client: Client
    last_pull: Pull | None
    changes_behind: int
    behind: timedelta


@dataclass(frozen=True, slots=True)
class ListForClient:
    """Every list is bound to the sites of the consumer who asks."""

    begin: Begin
    now: Callable[[], datetime]
    finding_types: Callable[[], Mapping[str, FindingType]]

    def findings(
        self,
        wanted: FindingFilter,
        after: int,
        limit: int,
        matches: Callable[[ListedFinding], bool],
    ) -> ListedPage:
        """Return the next findings that match, looking through so many at most."""
        found: list[ListedFinding] = []
        with self.begin(write=False) as stores:
            mark = stores.feed.watermark()
            sites = site_states(stores, wanted.site_ids)
            looked_at, batch = 0, limit + 1
            while looked_at < READ_AT_MOST + limit:
                some = stores.listings.findings(wanted, after, batch)
                looked_at += len(some)
                for listed in some:
                    if len(found) == limit:
                        return ListedPage(found, after, sites, mark)
                    after = listed.number
                    if matches(listed):
                        found.append(listed)
                if len(some) < batch:
                    return ListedPage(found, None, sites, mark)
                batch = max(batch, READ_AT_ONCE)
        return ListedPage(found, after, sites, mark)

    def finding(self, consumer: Consumer, finding_id: str) -> ListedFinding:
        """Return one finding; another site's is as good as none."""
        with self.begin(write=False) as stores:
            listed = stores.listings.finding(finding_id)
        if listed is None or not consumer.sees(listed.tracked.site_id):
            raise NotFoundError(f"There is no finding {finding_id!r}.")
        return listed

    def url_of(self, listed: ListedFinding) -> str:
        """Return the address of the site a finding is on."""
        with self.begin(write=False) as stores:
            sites = stores.listings.sites({listed.tracked.site_id})
        return sites[0].site.url if sites else ""

    def scans(
        self, consumer: Consumer, asked: frozenset[str], before: int, limit: int
    ) -> Sequence[ListedScan]:
        """Return scans, the newest first."""
        refuse_foreign(consumer, asked)
        site_ids = asked or consumer.client.site_ids
        with self.begin(write=False) as stores:
            return stores.listings.scans(site_ids, before or None, limit)

    def sites(self, consumer: Consumer) -> Sequence[tuple[SiteState, OpenFindings]]:
        """Return the consumer's sites, each with how many findings are open."""
        with self.begin(write=False) as stores:
            return [
                (state, stores.findings.counts(state.installation.site.cloud_id))
                for state in site_states(stores, consumer.client.site_ids)
            ]

    def types(self) -> Sequence[FindingType]:
        """Return what the installed detectors find, by id."""
        return [type_ for _, type_ in sorted(self.finding_types().items())]

    def consumers(self, consumer: Consumer) -> Sequence[ConsumerLag]:
        """Return the clients of the same sites or fewer, and how far each is behind."""
        with self.begin(write=False) as stores:
            watermark = stores.feed.watermark()
            pulls = stores.clients.last_pulls(CHANGES)
            clients = stores.clients.all()
        lags = []
        for client in clients:
            if client.site_ids <= consumer.client.site_ids:
                pull = pulls.get(client.id)
                reached = (pull.to_seq if pull else None) or START
                behind = timedelta(0)
                if watermark.seq > reached:
                    since = (pull and pull.reached_at) or client.created_at
                    behind = max(behind, self.now() - since)
                lags.append(
                    ConsumerLag(client, pull, max(0, watermark.seq - reached), behind)
                )
        return lags
