"""Lists everything a finding affects, from the snapshot and without any call."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from casb_sdk import (
    AffectedItem,
    Finding,
    People,
    ResourceType,
    Site,
    Space,
    SpaceAccess,
)
from casb_sdk.site import REACHING
from connector.domain.errors import CasbError, ConflictError, NotFoundError
from connector.domain.finding_state import TrackedFinding
from connector.domain.ports import Detectors
from connector.domain.store_ports import Begin, Stores
from connector.use_cases.kept_refusals import without_refusals


@dataclass(frozen=True, slots=True)
class AffectedSpace:
    """A space that is affected as a whole, and by whom."""

    space: Space
    account_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AffectedContent:
    """An item that is affected, and the space it is in."""

    space: Space
    affected: AffectedItem


Affected = AffectedSpace | AffectedContent


@dataclass(frozen=True, slots=True)
class AffectedList:
    """What a finding affects; the items are worked out while they are read."""

    site: Site
    items: Iterator[Affected]


@dataclass(frozen=True, slots=True)
class ListAffected:
    """Runs the detector of a finding again on the facts it was found in."""

    begin: Begin
    detectors: Callable[[], Detectors]
    shipped_apps: Callable[[], Mapping[str, str]]

    def __call__(self, tracked: TrackedFinding) -> AffectedList:
        """Return what a finding affects today, as far as the last scan saw."""
        with self.begin(write=False) as stores:
            people = self._people(stores, tracked)
        if tracked.finding.resource.type == ResourceType.ACCOUNT:
            items = self._spaces_of_account(tracked, people)
        elif tracked.finding.resource.type == ResourceType.SPACE:
            items = self._space(tracked)
        else:
            items = self._content(tracked, people)
        return AffectedList(people.directory.site, items)

    def _people(self, stores: Stores, tracked: TrackedFinding) -> People:
        installation = stores.installations.find(tracked.site_id)
        directory = stores.snapshots.directory(tracked.site_id)
        if installation is None or directory is None:
            raise NotFoundError(
                "The snapshot this finding came from is gone.",
                "Connect the site again and run `casb scan`.",
            )
        apps = dict(self.shipped_apps())
        return People.of(directory, installation.settings.audience_policy(apps))

    def _space(self, tracked: TrackedFinding) -> Iterator[Affected]:
        with self.begin(write=False) as stores:
            snapshot = stores.snapshots.space(tracked.site_id, tracked.space_id)
        if snapshot is not None:
            principals = tracked.finding.principals
            ids = tuple(exposed.principal.id for exposed in principals)
            yield AffectedSpace(snapshot.space, ids)

    def _spaces_of_account(
        self, tracked: TrackedFinding, people: People
    ) -> Iterator[Affected]:
        account_id = tracked.finding.resource.id
        with self.begin(write=False) as stores:
            for snapshot in stores.snapshots.spaces(
                tracked.site_id, with_content=False
            ):
                space = SpaceAccess(snapshot, people)
                readers = space.own_readers(REACHING).principals
                if any(reader.id == account_id for reader in readers):
                    yield AffectedSpace(snapshot.space, (account_id,))

    def _content(self, tracked: TrackedFinding, people: People) -> Iterator[Affected]:
        with self.begin(write=False) as stores:
            snapshot = stores.snapshots.space(tracked.site_id, tracked.space_id)
            config = stores.policies.policy(tracked.site_id).config
        if snapshot is None:
            return
        plain, refusals = without_refusals(snapshot)
        space = SpaceAccess(plain, people, refusals)
        found = self._found_again(tracked, space, config)
        for affected in found.items if found else ():
            yield AffectedContent(snapshot.space, affected)

    def _found_again(
        self,
        tracked: TrackedFinding,
        space: SpaceAccess,
        config: Mapping[str, Mapping[str, object]],
    ) -> Finding | None:
        detector_id = tracked.finding.detector_id
        detection = self.detectors().run_space(space, {detector_id}, config)
        for failure in detection.failures:
            if failure.detector_id == detector_id:
                raise _failed(str(failure))
        for finding in detection.findings:
            if finding.fingerprint(tracked.site_id) == tracked.fingerprint:
                return finding
        return None


def _failed(failure: str) -> CasbError:
    return ConflictError(
        f"The detector of this finding cannot run: {failure}.",
        "Run `casb detectors list` to see why.",
    )
