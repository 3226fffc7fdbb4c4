"""Keeps account of whose names are stored, to report them and to erase them."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice

from sqlalchemy import Connection, select, union, update

from casb_sdk import Directory, SpaceSnapshot
from casb_sdk.snapshot_file import (
    SpaceFile,
    dump_directory,
    dump_space,
    load_directory,
    load_space,
)
from connector.domain.care import AccountCopy, Erasure
from connector.store.age_columns import site_age_of
from connector.store.barred_names import BarredNames, nameless
from connector.store.erasing import erasing
from connector.store.name_traces import NameTraces
from connector.store.people_names import PeopleNames
from connector.store.tables import (
    account_reports,
    directories,
    installations,
    people_names,
    space_snapshots,
)
from connector.store.upsert import upsert

IDS_AT_ONCE = 1_000
APP = "app"
NOBODY = frozenset({"", "anonymous"})


class SqlAccountStore:
    """The people whose names are kept, in the directories, the spaces and beside."""

    def __init__(self, connection: Connection, now: Callable[[], datetime]) -> None:
        self._connection = connection
        self._now = now

    def to_report(self, site_id: str, now: datetime) -> Sequence[AccountCopy]:
        """Return the accounts of a site whose names are kept and that are due."""
        copies = dict(self._copies(site_id))
        resting = set[str]()
        ids = iter(copies)
        table = account_reports
        while chunk := list(islice(ids, IDS_AT_ONCE)):
            wanted = select(table.c.account_id).where(
                table.c.account_id.in_(chunk), table.c.report_again_at > now
            )
            resting.update(self._connection.scalars(wanted))
        return [
            AccountCopy(id_, at) for id_, at in copies.items() if id_ not in resting
        ]

    def reported(
        self, account_ids: Collection[str], at: datetime, again_at: datetime
    ) -> None:
        """Remember that accounts were reported, and when they are due again."""
        rows = [
            {"account_id": id_, "reported_at": at, "report_again_at": again_at}
            for id_ in sorted(account_ids)
        ]
        upsert(self._connection, account_reports, rows, key=["account_id"])

    def erase(
        self, account_ids: Collection[str], barred_at: datetime | None = None
    ) -> Erasure:
        """Erase the names of accounts everywhere."""
        eraser = _Eraser(self._connection, frozenset(account_ids))
        with erasing(self._connection):
            erasure = eraser.erase()
        if barred_at is not None:
            BarredNames(self._connection).bar(
                {*erasure.sites_of, *eraser.owned_keys}, barred_at
            )
        return erasure

    def _copies(self, site_id: str) -> Iterator[tuple[str, datetime]]:
        """Yield whose names are kept, since when; the oldest copy comes last."""
        names = select(people_names.c.account_id).where(
            people_names.c.site_id == site_id
        )
        table = directories
        wanted = select(table.c.directory, table.c.taken_at, table.c.age)
        row = self._connection.execute(wanted.where(table.c.site_id == site_id)).first()
        at = _read_at(row.taken_at, row.age) if row else self._now()
        for account_id in self._connection.scalars(names):
            if account_id not in NOBODY and not account_id.startswith("~"):
                yield account_id, at
        for account in load_directory(row.directory).accounts.values() if row else ():
            if account.display_name and account.account_type != APP:
                yield account.id, at


@dataclass(slots=True)
class _Eraser:
    """One pass over everything that is stored, site by site."""

    connection: Connection
    account_ids: frozenset[str]
    places: int = 0
    names: set[str] = field(default_factory=set)
    sites_of: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    owned_keys: set[str] = field(default_factory=set)

    def erase(self) -> Erasure:
        for site_id in self._sites():
            self._erase_from(site_id)
        if self.names:
            self.places += NameTraces.of(self.names).black_out(self.connection)
        known: Mapping[str, frozenset[str]] = {
            id_: frozenset(sites) for id_, sites in self.sites_of.items()
        }
        return Erasure(self.places, known)

    def _sites(self) -> Sequence[str]:
        tables = (installations, people_names, directories, space_snapshots)
        return sorted(
            self.connection.scalars(union(*(select(t.c.site_id) for t in tables)))
        )

    def _erase_from(self, site_id: str) -> None:
        names = PeopleNames(self.connection).of(site_id, self.account_ids)
        self._know(site_id, names)
        self.names.update(names.values())
        self._installer(site_id)
        self._directory(site_id)
        spaces = list(self._owned_spaces(site_id))
        self.places += len(names)
        PeopleNames(self.connection).erase({*self.account_ids, *self.owned_keys})
        if spaces or any(site_id in sites for sites in self.sites_of.values()):
            self._spaces(site_id, frozenset(spaces))

    def _know(self, site_id: str, account_ids: Collection[str]) -> None:
        for account_id in account_ids:
            self.sites_of[account_id].add(site_id)

    def _installer(self, site_id: str) -> None:
        table = installations
        wanted = select(table.c.installing_account).where(table.c.site_id == site_id)
        who = set(self.connection.scalars(wanted))
        self._know(site_id, who & self.account_ids)

    def _directory(self, site_id: str) -> None:
        of_site = directories.c.site_id == site_id
        data = self.connection.scalar(select(directories.c.directory).where(of_site))
        if data is None:
            return
        directory = load_directory(data)
        known = self.account_ids & directory.accounts.keys()
        self._know(site_id, known)
        named = [i for i in sorted(known) if directory.accounts[i].display_name]
        if named:
            self.places += len(named)
            self.names |= {directory.accounts[id_].display_name for id_ in named}
            without = dump_directory(_without(directory, named))
            self.connection.execute(
                update(directories).where(of_site).values(directory=without)
            )

    def _owned_spaces(self, site_id: str) -> Iterator[str]:
        table = space_snapshots
        wanted = select(table.c.space_id, table.c.header)
        rows = self.connection.execute(wanted.where(table.c.site_id == site_id))
        for space_id, header in rows:
            space = load_space(SpaceFile(header), with_content=False).space
            if space.personal_owner in self.account_ids:
                self._know(site_id, [space.personal_owner])
                self.owned_keys.add(space.key)
                self.names.add(space.name)
                yield space_id

    def _spaces(self, site_id: str, owned: frozenset[str]) -> None:
        table, traces = space_snapshots, NameTraces.of(self.names)
        wanted = select(table.c.space_id).where(table.c.site_id == site_id)
        for space_id in self.connection.scalars(wanted).all():
            ours = (table.c.site_id == site_id) & (table.c.space_id == space_id)
            row = self.connection.execute(
                select(table.c.header, table.c.content).where(ours)
            ).one()
            before = load_space(SpaceFile(*row))
            after = _blacked(before, traces, is_owned=space_id in owned)
            if after != before:
                self.places += 1
                file = dump_space(after)
                values = {"header": file.header, "content": file.content}
                self.connection.execute(update(table).where(ours).values(values))


def _read_at(taken_at: datetime, age: bytes | None) -> datetime:
    """Return when the people of a directory were read; a scan may have kept them."""
    return taken_at if age is None else site_age_of(age).people_at


def _without(directory: Directory, account_ids: Collection[str]) -> Directory:
    changed = {id_: nameless(directory.accounts[id_]) for id_ in account_ids}
    return replace(directory, accounts={**directory.accounts, **changed})


def _blacked(
    snapshot: SpaceSnapshot, traces: NameTraces, *, is_owned: bool
) -> SpaceSnapshot:
    space, content = snapshot.space, snapshot.content
    name = "" if is_owned else traces.blacked(space.name)
    titles = tuple(map(traces.blacked, content.titles))
    if (name, titles) == (space.name, content.titles):
        return snapshot
    return replace(
        snapshot,
        space=replace(space, name=name),
        content=replace(content, titles=titles),
    )
