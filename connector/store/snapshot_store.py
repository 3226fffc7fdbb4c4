"""Keeps the last snapshot of each space and the last directory of each site."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, delete, select

from casb_sdk import Directory, SpaceSnapshot
from casb_sdk.content import id_order
from casb_sdk.snapshot_file import (
    SpaceFile,
    dump_directory,
    dump_space,
    load_directory,
    load_space,
)
from connector.domain.freshness import SiteAge, SpaceAge
from connector.store.age_columns import (
    SPACE_AGE,
    site_age_columns,
    site_age_of,
    space_age_columns,
)
from connector.store.barred_names import BarredNames
from connector.store.tables import directories, space_snapshots
from connector.store.upsert import upsert


class SqlSnapshotStore:
    """The snapshots, one compressed row a space; its grants can be read alone."""

    def __init__(self, connection: Connection, now: Callable[[], datetime]) -> None:
        self._connection = connection
        self._now = now
        self._barred = BarredNames(connection)

    def save_space(
        self,
        site_id: str,
        scan_id: str,
        snapshot: SpaceSnapshot,
        age: SpaceAge | None = None,
    ) -> None:
        """Replace the snapshot of a space; without an age the one it has stays."""
        space = self._barred.cleared_space(snapshot.space)
        file = dump_space(replace(snapshot, space=space))
        row = {
            "site_id": site_id,
            "space_id": snapshot.space.id,
            "scan_id": scan_id,
            "taken_at": self._now(),
            "item_count": len(snapshot.content),
            "header": file.header,
            "content": file.content,
            **space_age_columns(age),
        }
        upsert(self._connection, space_snapshots, [row], key=["site_id", "space_id"])

    def ages(self, site_id: str) -> Mapping[str, SpaceAge]:
        """Return how old the snapshots are, by space id; one may have no age."""
        table = space_snapshots
        wanted = select(table.c.space_id, *(table.c[name] for name in SPACE_AGE))
        rows = self._connection.execute(wanted.where(table.c.site_id == site_id))
        return {id_: SpaceAge(*age) for id_, *age in rows if None not in age}

    def space(self, site_id: str, space_id: str) -> SpaceSnapshot | None:
        """Return the snapshot of a space."""
        return self._space(site_id, space_id, with_content=True)

    def spaces(
        self, site_id: str, *, with_content: bool = True
    ) -> Iterator[SpaceSnapshot]:
        """Yield the snapshots of a site one at a time, in the order of the ids."""
        for space_id in sorted(self.item_counts(site_id), key=id_order):
            found = self._space(site_id, space_id, with_content=with_content)
            if found is not None:
                yield found

    def item_counts(self, site_id: str) -> Mapping[str, int]:
        """Return how many items each space had, by space id."""
        table = space_snapshots
        wanted = select(table.c.space_id, table.c.item_count)
        rows = self._connection.execute(wanted.where(table.c.site_id == site_id))
        return {row.space_id: row.item_count for row in rows}

    def forget_spaces(self, site_id: str, space_ids: Collection[str]) -> None:
        """Drop the snapshots of spaces that are gone."""
        table = space_snapshots
        self._connection.execute(
            delete(table).where(
                table.c.site_id == site_id, table.c.space_id.in_(space_ids)
            )
        )

    def save_directory(
        self,
        site_id: str,
        scan_id: str,
        directory: Directory,
        age: SiteAge | None = None,
    ) -> None:
        """Replace the directory of a site; without an age the one it has stays."""
        row = {
            "site_id": site_id,
            "scan_id": scan_id,
            "taken_at": self._now(),
            "directory": dump_directory(self._barred.cleared(directory)),
            **site_age_columns(age),
        }
        upsert(self._connection, directories, [row], key=["site_id"])

    def site_age(self, site_id: str) -> SiteAge | None:
        """Return how old the directory of a site is, if it was ever read whole."""
        wanted = select(directories.c.age)
        data = self._connection.scalar(wanted.where(directories.c.site_id == site_id))
        return None if data is None else site_age_of(data)

    def directory(self, site_id: str) -> Directory | None:
        """Return the directory of a site."""
        wanted = select(directories.c.directory)
        data = self._connection.scalar(wanted.where(directories.c.site_id == site_id))
        return None if data is None else load_directory(data)

    def _space(
        self, site_id: str, space_id: str, *, with_content: bool
    ) -> SpaceSnapshot | None:
        table = space_snapshots
        columns = [table.c.header, table.c.content]
        wanted = select(*columns[: 1 + with_content]).where(
            table.c.site_id == site_id, table.c.space_id == space_id
        )
        row = self._connection.execute(wanted).first()
        if row is None:
            return None
        return load_space(SpaceFile(*row), with_content=with_content)
