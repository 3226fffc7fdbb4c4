"""Makes sure that spaces named by a person are there to be scanned."""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass

from casb_sdk import GapKind
from connector.domain.errors import NotFoundError, UsageError
from connector.domain.installation import Installation
from connector.domain.ports import SiteReader
from connector.domain.reading import SiteOutline
from connector.domain.scan import ScanStatus
from connector.domain.store_ports import Begin
from connector.use_cases.readings import ReadingKind, value_of


@dataclass(frozen=True, slots=True)
class ChooseSpaces:
    """Looks the keys up before a scan starts or one that was interrupted goes on."""

    begin: Begin
    installation: Installation

    async def __call__(
        self, keys: frozenset[str], reader: SiteReader
    ) -> SiteOutline | None:
        """Return the outline of the site if it had to be read; none for no keys.

        A scan under way that knows the keys answers without a call. Raises
        NotFoundError or UsageError for keys that cannot be scanned.
        """
        if not keys:
            return None
        known = await asyncio.to_thread(self._known)
        outline = None if keys <= known else await reader.outline()
        if outline is not None:
            refuse_unknown(keys, outline, self.installation)
        refuse_left_out(keys, self.installation)
        return outline

    def _known(self) -> frozenset[str]:
        """Return the spaces that the scan under way lists, if there is one."""
        with self.begin(write=False) as stores:
            site_id = self.installation.site.cloud_id
            scan = stores.ledger.latest(site_id, ScanStatus.RUNNING)
            if scan is None:
                return frozenset()
            kept = stores.ledger.readings(scan.id, ReadingKind.OUTLINE)
            outlines = [value_of(read, SiteOutline) for read in kept]
        return frozenset(s.key for outline in outlines for s in outline.spaces)


def refuse_unknown(
    keys: Collection[str], outline: SiteOutline, installation: Installation
) -> None:
    """Raise NotFoundError for keys the site does not list; not if its list broke."""
    if any(gap.kind is GapKind.SPACES for gap in outline.coverage.gaps):
        return
    listed = {space.key for space in outline.spaces}
    if unknown := sorted(set(keys) - listed):
        raise NotFoundError(
            f"{installation.site.url} has no space {' and no space '.join(unknown)}.",
            "Check the keys: the address of a space has its key after /spaces/.",
        )


def refuse_left_out(keys: Collection[str], installation: Installation) -> None:
    """Raise UsageError for keys that the settings of the site leave out."""
    covers = installation.settings.covers
    if left_out := sorted(key for key in keys if not covers(key)):
        raise UsageError(
            f"The settings of {installation.site.url} leave out {', '.join(left_out)}.",
            "Change spaces_include or spaces_exclude with `casb sites set`.",
        )
