"""What the last scans left of a site: people, and its spaces without their content."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from casb_sdk import Account, Coverage, Directory, GapKind, Group, SpaceSnapshot
from casb_sdk.model import Lookup, Membership
from connector.domain.freshness import SiteAge, SpaceAge
from connector.domain.reading import SpaceGrants
from connector.domain.renewing import RenewalPlan
from connector.domain.store_ports import Begin


@dataclass(frozen=True, slots=True)
class KeptSite:
    """The directory and the spaces as the last scans left them, with their ages."""

    directory: Directory
    age: SiteAge
    ages: Mapping[str, SpaceAge]
    spaces: Mapping[str, SpaceSnapshot]

    @classmethod
    def read(cls, begin: Begin, site_id: str) -> "KeptSite | None":
        """Return what is kept, None of a site that was never scanned whole."""
        with begin(write=False) as stores:
            directory = stores.snapshots.directory(site_id)
            age = stores.snapshots.site_age(site_id)
            if directory is None or age is None:
                return None
            kept = stores.snapshots.spaces(site_id, with_content=False)
            spaces = {snapshot.space.id: snapshot for snapshot in kept}
            return cls(directory, age, stores.snapshots.ages(site_id), spaces)

    @property
    def whole_groups(self) -> Iterator[Group]:
        """The groups whose members were all read."""
        for group in self.directory.groups.values():
            if group.membership is Membership.COMPLETE and group.id in self.age.groups:
                yield group

    def known_accounts(self, plan: RenewalPlan) -> Iterator[Account]:
        """Yield the accounts that need not be looked up again."""
        if plan.looks_up:
            return
        for account in self.directory.accounts.values():
            if account.lookup is not Lookup.FAILED:
                yield account

    def grants(self, space_id: str) -> SpaceGrants:
        """Return the grants of a space; its notes hold what was unknown of them."""
        space = self.spaces[space_id]
        return SpaceGrants(space_id, space.grants, space.assignments, Coverage())

    def lacks(self, space_id: str, kind: GapKind) -> bool:
        """Return whether something of a space could not be read."""
        return bool(self.spaces[space_id].coverage.ids(kind))

    def size_of(self, group_id: str) -> int:
        """Return how many members a group had by the site's own count."""
        size = self.age.groups[group_id].size
        return len(self.directory.groups[group_id].members) if size is None else size
