"""Lists the findings of all sites, or shows one of them."""

from collections.abc import Iterator
from dataclasses import dataclass

from casb_sdk import Severity
from connector.domain.errors import NotFoundError
from connector.domain.finding_state import Status, TrackedFinding
from connector.domain.store_ports import Begin
from connector.use_cases.manage_sites import known_site


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which findings somebody asks for; what is empty matches all."""

    site: str = ""
    statuses: frozenset[Status] = frozenset()
    severities: frozenset[Severity] = frozenset()
    detector_ids: frozenset[str] = frozenset()
    with_implied: bool = True


class ListFindings:
    """Reads findings; the most severe come first."""

    def __init__(self, begin: Begin) -> None:
        self._begin = begin

    def __call__(self, wanted: Wanted) -> Iterator[TrackedFinding]:
        """Yield the findings asked for, one at a time."""
        with self._begin(write=False) as stores:
            site_id = None
            if wanted.site:
                site_id = known_site(stores, wanted.site).site.cloud_id
            yield from stores.findings.list(
                site_id,
                statuses=wanted.statuses,
                severities=wanted.severities,
                detector_ids=wanted.detector_ids,
                with_implied=wanted.with_implied,
            )

    def one(self, finding_id: str) -> TrackedFinding:
        """Return one finding."""
        with self._begin(write=False) as stores:
            found = stores.findings.get(finding_id)
        if found is None:
            raise NotFoundError(
                f"There is no finding {finding_id!r}.",
                "Run `casb findings` to see the ids.",
            )
        return found
