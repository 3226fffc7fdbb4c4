"""What the last scans saw, as a protocol: one of the stores of a transaction."""

from collections.abc import Collection, Iterator, Mapping
from typing import Protocol

from casb_sdk import Directory, SpaceSnapshot
from connector.domain.freshness import SiteAge, SpaceAge


class SnapshotStore(Protocol):
    """The last snapshot of each space and the last directory of each site."""

    def save_space(
        self,
        site_id: str,
        scan_id: str,
        snapshot: SpaceSnapshot,
        age: SpaceAge | None = None,
    ) -> None:
        """Replace the snapshot of a space; without an age the one it has stays."""
        ...

    def ages(self, site_id: str) -> Mapping[str, SpaceAge]:
        """Return how old the snapshots are, by space id; one may have no age."""
        ...

    def space(self, site_id: str, space_id: str) -> SpaceSnapshot | None:
        """Return the snapshot of a space."""
        ...

    def spaces(
        self, site_id: str, *, with_content: bool = True
    ) -> Iterator[SpaceSnapshot]:
        """Yield the snapshots of a site one at a time, in the order of the ids."""
        ...

    def item_counts(self, site_id: str) -> Mapping[str, int]:
        """Return how many items each space had, by space id."""
        ...

    def forget_spaces(self, site_id: str, space_ids: Collection[str]) -> None:
        """Drop the snapshots of spaces that are gone."""
        ...

    def save_directory(
        self,
        site_id: str,
        scan_id: str,
        directory: Directory,
        age: SiteAge | None = None,
    ) -> None:
        """Replace the directory of a site; without an age the one it has stays."""
        ...

    def site_age(self, site_id: str) -> SiteAge | None:
        """Return how old the directory of a site is, if it was ever read whole."""
        ...

    def directory(self, site_id: str) -> Directory | None:
        """Return the directory of a site."""
        ...
