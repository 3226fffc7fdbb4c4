"""Keeps findings in the database; names and titles are joined when they are read."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, select

from casb_sdk import Severity
from connector.domain.finding_state import (
    Change,
    ChangeType,
    FindingType,
    OpenFindings,
    Status,
    TrackedFinding,
)
from connector.store.change_feed import SqlChangeFeed
from connector.store.finding_codec import Parts, encode_finding
from connector.store.finding_rows import (
    RANKS,
    SEVERITIES,
    finding_row,
    key_of,
)
from connector.store.joined_findings import JoinedFindings
from connector.store.json_values import dump_value
from connector.store.people_names import PeopleNames
from connector.store.tables import finding_types, findings
from connector.store.upsert import insert_new, upsert

ROWS_AT_ONCE = 500
WRITTEN_AT_ONCE = 100
"""Evidence weighs tens of kilobytes on a large site, and is held twice when written."""


class SqlFindingStore:
    """The findings of all sites, one row each.

    Whoever may write and reads findings changes them alone until the transaction
    ends: no decision is lost to one made on what it replaced.
    """

    def __init__(
        self,
        connection: Connection,
        now: Callable[[], datetime],
        feed: SqlChangeFeed,
    ) -> None:
        self._connection = connection
        self._now = now
        self._feed = feed
        self._names = PeopleNames(connection)
        self._joined = JoinedFindings(connection)

    def known(self, site_id: str, space_id: str) -> Mapping[str, TrackedFinding]:
        """Return the findings of a space, or of the site itself, by fingerprint."""
        return self.known_of(site_id, [space_id])[space_id]

    def known_of(
        self, site_id: str, space_ids: Collection[str]
    ) -> Mapping[str, Mapping[str, TrackedFinding]]:
        """Return the findings of several spaces, by space and fingerprint."""
        self._feed.take_turn()
        wanted = select(findings).where(
            findings.c.site_id == site_id, findings.c.space_id.in_(space_ids)
        )
        rows = self._connection.execute(wanted).all()
        known: dict[str, dict[str, TrackedFinding]] = {id_: {} for id_ in space_ids}
        for it in self._joined.of(rows):
            known[it.space_id][it.fingerprint] = it
        return known

    def known_spaces(self, site_id: str) -> frozenset[str]:
        """Return the spaces of a site with findings that are not resolved."""
        wanted = select(findings.c.space_id).where(
            findings.c.site_id == site_id,
            findings.c.space_id != "",
            findings.c.status != Status.RESOLVED,
        )
        return frozenset(self._connection.scalars(wanted.distinct()))

    def untold(self, limit: int) -> Sequence[TrackedFinding]:
        """Return findings that the feed does not speak of."""
        self._feed.take_turn()
        wanted = select(findings).where(findings.c.change_seq.is_(None))
        ordered = wanted.order_by(findings.c.number).limit(limit)
        return tuple(self._joined.of(self._connection.execute(ordered).all()))

    def save(self, changes: Iterable[Change]) -> None:
        """Write changes down, the only place where findings change."""
        rest = iter(changes)
        while some := list(islice(rest, WRITTEN_AT_ONCE)):
            self._feed.take_turn()
            self._remember({c.finding.type.id: c.finding.type for c in some}.values())
            self._write(some)

    def list(
        self,
        site_id: str | None = None,
        *,
        statuses: Collection[Status] = (),
        severities: Collection[str] = (),
        detector_ids: Collection[str] = (),
        with_implied: bool = True,
    ) -> Iterator[TrackedFinding]:
        """Yield findings, the most severe first, then the last changed."""
        self._feed.take_turn()
        wanted = select(findings)
        if site_id is not None:
            wanted = wanted.where(findings.c.site_id == site_id)
        if statuses:
            wanted = wanted.where(findings.c.status.in_(statuses))
        if severities:
            ranks = [RANKS[Severity(severity)] for severity in severities]
            wanted = wanted.where(findings.c.severity.in_(ranks))
        if detector_ids:
            wanted = wanted.where(findings.c.detector_id.in_(detector_ids))
        if not with_implied:
            wanted = wanted.where(findings.c.implied_by.is_(None))
        worst_first = (findings.c.severity, findings.c.changed_at, findings.c.number)
        return self._stream(wanted.order_by(*(c.desc() for c in worst_first)))

    def save_types(self, types: Iterable[FindingType]) -> None:
        """Remember the words of the installed detectors."""
        rows = [_type_row(type_) for type_ in types]
        upsert(self._connection, finding_types, rows, key=["id"])

    def get(self, finding_id: str) -> TrackedFinding | None:
        """Return one finding."""
        try:
            key = key_of(finding_id)
        except ValueError:
            return None
        self._feed.take_turn()
        wanted = select(findings).where(findings.c.id == key)
        rows = self._connection.execute(wanted).all()
        return next(self._joined.of(rows), None)

    def counts(self, site_id: str) -> OpenFindings:
        """Return how many findings of a site are open."""
        return self._counts(findings.c.site_id == site_id).get(site_id, OpenFindings())

    def counts_of_each(self) -> Mapping[str, OpenFindings]:
        """Return how many findings are open, of every site with some."""
        return self._counts()

    def erase_names(self, account_ids: Collection[str]) -> None:
        """Forget what people are called, on every site and in every finding."""
        self._names.erase(account_ids)

    def _counts(self, *which: ColumnElement[bool]) -> Mapping[str, OpenFindings]:
        is_implied = findings.c.implied_by.is_not(None)
        columns = findings.c.site_id, findings.c.severity, is_implied
        wanted = (
            select(*columns, func.count())
            .where(findings.c.status == Status.OPEN, *which)
            .group_by(*columns)
            .order_by(findings.c.severity.desc())
        )
        counts: dict[str, dict[str, int]] = {}
        implied: Counter[str] = Counter()
        for site_id, rank, weaker, count in self._connection.execute(wanted):
            of_site = counts.setdefault(site_id, {})
            if weaker:
                implied[site_id] += count
            else:
                of_site[SEVERITIES[rank].value] = count
        return {id_: OpenFindings(of, implied[id_]) for id_, of in counts.items()}

    def _write(self, changes: Sequence[Change]) -> None:
        now = self._now()
        changed: dict[str, dict[str, Any]] = {}
        refreshed: dict[str, dict[str, Any]] = {}
        names: dict[str, dict[str, str]] = {}
        told: list[tuple[Change, dict[str, Any]]] = []
        parts: defaultdict[str, Parts] = defaultdict(Parts)
        for change in changes:
            tracked = change.finding
            encoded = encode_finding(tracked.finding, parts[tracked.site_id])
            names.setdefault(tracked.site_id, {}).update(encoded.names)
            row = finding_row(tracked, encoded, now)
            if change.type is not ChangeType.REFRESHED:
                changed[tracked.id] = row
                told.append((change, row))
            elif tracked.id in changed:
                # Seen again in the same breath: its change stays the last one.
                changed[tracked.id] |= row
            else:
                refreshed[tracked.id] = row
        for site_id, names_there in names.items():
            self._names.save(site_id, names_there)
        silent = [row for id_, row in refreshed.items() if id_ not in changed]
        self._feed.append(told, [row["id"] for row in silent])
        fixed = ["changed_at", "change_seq"]
        upsert(self._connection, findings, silent, key=["id"], keep=fixed)
        upsert(self._connection, findings, list(changed.values()), key=["id"])

    def _stream(self, wanted: Select[Any]) -> Iterator[TrackedFinding]:
        options = {"yield_per": ROWS_AT_ONCE}
        with self._connection.execute(wanted, execution_options=options) as result:
            for rows in result.partitions():
                yield from self._joined.of(rows)

    def _remember(self, types: Iterable[FindingType]) -> None:
        insert_new(self._connection, finding_types, [_type_row(t) for t in types])


def _type_row(type_: FindingType) -> dict[str, str]:
    return {"id": type_.id, "words": dump_value(type_)}
