"""The access model of a site: the people who can get in (access-model 1.7)."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain

from casb_sdk.confidence import Doubts, rated
from casb_sdk.exposed import Affected, ExposedPrincipal, ItemRef, Path
from casb_sdk.exposure import SAMPLE_SIZE, Exposure, ResourceType
from casb_sdk.model import Audience, Level, Site
from casb_sdk.people import People, Principal, sort_of
from casb_sdk.resources import account_resource
from casb_sdk.snapshot import SpaceSnapshot
from casb_sdk.space import SpaceAccess

REACHING = frozenset(
    {Audience.EXTERNAL, Audience.UNKNOWN, Audience.APP, Audience.ANONYMOUS}
)
"""Audiences whose spaces are gathered; nobody else has a bit on any space."""


@dataclass(frozen=True, slots=True)
class AccountAccess:
    """A person, the spaces read by own grants, and the groups giving product access."""

    principal: Principal
    exposure: Exposure
    product_groups: tuple[str, ...]

    @property
    def spaces(self) -> int:
        """The number of spaces the account reads by its own grants."""
        return self.exposure.affected.count if self.exposure.affected else 0


@dataclass(slots=True)
class _Sample:
    """The first spaces that an account reads, and the ways into them."""

    spaces: list[ItemRef] = field(default_factory=list)
    ways: list[tuple[Path, ...]] = field(default_factory=list)

    @property
    def is_whole(self) -> bool:
        return len(self.spaces) == SAMPLE_SIZE

    @property
    def paths(self) -> tuple[Path, ...]:
        """The paths into the spaces of the sample, each one once."""
        return tuple(dict.fromkeys(chain.from_iterable(self.ways)))


class SiteAccess:
    """Who can get into a site, and how many spaces each one reads."""

    def __init__(self, people: People) -> None:
        self.people = people
        self._counts = Counter[str]()
        self._samples: defaultdict[str, _Sample] = defaultdict(_Sample)
        self._sampled: set[str] = set()
        self._administrators: set[str] = set()

    @classmethod
    def of(cls, people: People, spaces: Iterable[SpaceSnapshot]) -> "SiteAccess":
        """Gather a site from its spaces, one at a time; content is not looked at."""
        access = cls(people)
        for snapshot in spaces:
            access.add(SpaceAccess(snapshot, people))
        return access

    @property
    def site(self) -> Site:
        """The site itself."""
        return self.people.directory.site

    def add(self, space: SpaceAccess) -> None:
        """Take in the grants of one more space."""
        where = space.space
        ref = ItemRef(ResourceType.SPACE, where.id, where.name or where.key)
        readers = space.own_readers(REACHING)
        ids = [principal.id for principal in readers.principals]
        # Most people read far more spaces than their samples hold.
        self._counts.update(ids)
        for id_, footing in zip(ids, readers.footings, strict=True):
            if footing.administers:
                self._administrators.add(id_)
            if id_ not in self._sampled:
                sample = self._samples[id_]
                sample.spaces.append(ref)
                sample.ways.append(space.reading_paths(footing))
                if sample.is_whole:
                    self._sampled.add(id_)

    def accounts(self, audiences: Collection[Audience]) -> Iterator[AccountAccess]:
        """Yield the active accounts of some audiences that can get in.

        An account gets in if it reads a space by its own grants or, not being a
        guest, is in a group that gives product access as a user.
        """
        for principal in self.people.principals.values():
            if principal.audience not in audiences:
                continue
            groups = self._user_groups(principal)
            if principal.id in self._counts or groups:
                yield self._access(principal, groups)

    def _user_groups(self, principal: Principal) -> tuple[str, ...]:
        if principal.is_guest:
            return ()
        groups = self.people.directory.groups
        return tuple(
            group_id
            for group_id in self.people.groups_of.get(principal.id, ())
            if "user" in groups[group_id].access_types
        )

    def _access(self, principal: Principal, groups: tuple[str, ...]) -> AccountAccess:
        doubts = Doubts(
            self.people.directory.anonymous_use,
            self.people.product_access_is_known,
            split_is_assumed=False,
        )
        sample = self._samples.get(principal.id, _Sample())
        paths = sample.paths
        reasons = (
            doubts.about(sort_of(principal), paths, is_edit=False) if paths else ()
        )
        exposed = ExposedPrincipal(
            principal=principal,
            level=Level.VIEW,
            paths=paths,
            affected=Affected(self._counts[principal.id], tuple(sample.spaces)),
            can_self_elevate=principal.id in self._administrators,
            confidence=rated(reasons),
            confidence_reasons=reasons,
        )
        exposure = Exposure(
            resource=account_resource(self.site, principal.id, principal.display_name),
            principals=(exposed,),
            level=Level.VIEW,
            confidence=exposed.confidence,
            confidence_reasons=reasons,
            affected=exposed.affected,
            coverage_notes=self.people.directory.coverage.notes,
        )
        return AccountAccess(principal, exposure, groups)
