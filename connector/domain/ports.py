"""What the use cases need of the world besides stores, as protocols."""

from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Awaitable,
    Callable,
    Collection,
    Mapping,
    Sequence,
)
from datetime import datetime
from typing import Protocol

from casb_sdk import Level, SiteAccess, Space, SpaceAccess
from connector.domain.detection import Detection
from connector.domain.member_pages import READ_ANEW, MemberPages
from connector.domain.points import QuotaWait
from connector.domain.reading import (
    AccountsReading,
    AuditReading,
    ContentPage,
    Fate,
    GroupReading,
    RestrictionReading,
    SiteOutline,
    SpaceGrants,
    Spending,
    Verdict,
)
from connector.domain.scan import Unit


class SiteReader(Protocol):
    """Reads one Confluence site; every call is throttled, retried and paid for.

    What cannot be read comes back as coverage inside the answer. Only trouble
    that ends the whole scan is raised: ConsentError, AtlassianUnavailableError.
    """

    async def outline(self) -> SiteOutline:
        """Return the spaces, groups and roles of the site."""
        ...

    async def grants(self, space: Space, role_mode: str) -> SpaceGrants:
        """Return who was given what on a space."""
        ...

    async def group_members(
        self, group_id: str, pages: MemberPages = READ_ANEW
    ) -> GroupReading:
        """Return the members of a group, going on behind the pages that are kept."""
        ...

    async def accounts(self, account_ids: Collection[str]) -> AccountsReading:
        """Return what Confluence knows of some accounts."""
        ...

    def content(
        self, spaces: Sequence[Space], resume: str | None = None
    ) -> AsyncGenerator[ContentPage, None]:
        """Yield the content of some spaces page by page, from where it left off."""
        ...

    async def restrictions(self, content_id: str) -> RestrictionReading:
        """Return the whole restriction lists of one item."""
        ...

    async def items(self, content_ids: Collection[str]) -> ContentPage:
        """Return single items that are there, with all that stands above them.

        Each is in the space it names, which may be another one than before.
        """
        ...

    async def content_fates(self, content_ids: Collection[str]) -> Mapping[str, Fate]:
        """Return what became of items that are missing; the rest is unasked."""
        ...

    async def space_fates(self, space_ids: Collection[str]) -> Mapping[str, Fate]:
        """Return what became of spaces that are missing; the rest is unasked."""
        ...

    async def anonymous_verdict(self, content_id: str) -> Verdict:
        """Return whether anonymous people may use Confluence at all."""
        ...

    async def verdict(self, account_id: str, content_id: str, level: Level) -> Verdict:
        """Return whether an account reaches an item at a level."""
        ...

    async def count_items(self, spaces: Sequence[Space]) -> int | None:
        """Return how many items some spaces have, None where the site does not say."""
        ...

    def changes(
        self, since: datetime, spaces: Sequence[Space], resume: str | None = None
    ) -> AsyncIterator[ContentPage]:
        """Yield what was made or changed since, newest first; of all spaces for none.

        Raises NotToldError where the site does not tell what changed.
        """
        ...

    async def group_size(self, group_id: str) -> int | None:
        """Return how many members a group has, None where the site does not say."""
        ...

    async def audit(self, since: datetime) -> AuditReading:
        """Return what the audit log says since a moment, if it may be read."""
        ...

    @property
    def spending(self) -> Spending:
        """What this reader has spent so far."""
        ...

    @property
    def waiting(self) -> QuotaWait | None:
        """Until when it waits for Atlassian's quota, if it does."""
        ...

    @property
    def learnt(self) -> str:
        """What it found out about how the site answers, for the next reader."""
        ...

    async def aclose(self) -> None:
        """Close the connections."""
        ...


class Detectors(Protocol):
    """Runs the installed detectors, each on its own."""

    def run_space(
        self,
        space: SpaceAccess,
        enabled: Collection[str],
        config: Mapping[str, Mapping[str, object]],
    ) -> Detection:
        """Return what the enabled detectors find on one space."""
        ...

    def run_site(
        self,
        site: SiteAccess,
        enabled: Collection[str],
        config: Mapping[str, Mapping[str, object]],
    ) -> Detection:
        """Return what the enabled detectors find on a site, after all its spaces."""
        ...


class WorkEngine(Protocol):
    """Runs the units of a scan until none is left; says only "go"."""

    async def run(
        self, scan_id: str, do_unit: Callable[[Unit, str], Awaitable[None]]
    ) -> None:
        """Hand out units, with the name of their owner, until the scan is over.

        Raises what ends the whole scan: ConsentError, AtlassianUnavailableError.
        """
        ...
