"""What a scan could see: not seen is not fixed (access-model 1.9)."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property

from casb_sdk import Coverage, ExposedPrincipal, Finding, GapKind, ResourceType
from casb_sdk.coverage import SEEN_WHOLE
from casb_sdk.model import AccessClass
from connector.domain.finding_state import Resolution, TrackedFinding
from connector.domain.reading import Fate

NOT_VISIBLE = "not_visible"
NOT_VISIBLE_FOR = timedelta(days=30)
GROUP_ENTRY = "group:"
SITE_WIDE = frozenset({ResourceType.SPACE, ResourceType.ACCOUNT})
CLASSES_OF_GROUPS = frozenset({AccessClass.LICENSED, AccessClass.ADMINS})
"""The access classes that stand for the members of some groups."""

REASON_OF = {
    Fate.NOT_VISIBLE: NOT_VISIBLE,
    Fate.UNASKED: "not_asked",
    Fate.PRESENT: "not_listed",
}
NO_IDS: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Sight:
    """How far the verdict "no longer found" can be trusted.

    ``unjudged`` items stand below an ancestor nobody could read, or above such an
    item. ``doors`` are the groups through which people get in. ``fates`` says what
    became of items that the scan missed, or of spaces where the site is judged, and
    ``space_fate`` of the space that is; ``reclassified`` accounts and
    ``excluded_spaces`` are where a change of settings put them. ``unseen`` is why
    nothing was looked at, ``is_excluded`` that nothing was to be.
    """

    coverage: Coverage = SEEN_WHOLE
    failed_detectors: frozenset[str] = NO_IDS
    retired_detectors: frozenset[str] = NO_IDS
    unjudged: frozenset[str] = NO_IDS
    doors: frozenset[str] = NO_IDS
    reclassified: frozenset[str] = NO_IDS
    excluded_spaces: frozenset[str] = NO_IDS
    fates: Mapping[str, Fate] = field(default_factory=dict)
    space_fate: Fate | None = None
    unseen: str = ""
    is_excluded: bool = False

    def blind_reason(self, finding: Finding) -> str:
        """Return why a finding could have gone unnoticed, or nothing."""
        if finding.detector_id in self.failed_detectors:
            return "detector_failed"
        fate = self._fate(finding)
        return (
            self.unseen
            or self._unreadable_place(finding)
            or self._unreadable_people(finding.principals)
            or self._unreadable_doors(finding)
            or self._unseen_space(finding)
            or (REASON_OF.get(fate, "") if fate else "")
        )

    def blind_principal(self, finding: Finding, exposed: ExposedPrincipal) -> str:
        """Return why a principal could have dropped out of a finding unnoticed.

        The finding is that of this scan: a list that names a group no more lets
        nobody of it in.
        """
        return (
            self._unreadable_place(replace(finding, affected=exposed.affected))
            or self._unreadable_people((exposed,))
            or self._unreadable_doors(finding)
        )

    def resolution(self, tracked: TrackedFinding, now: datetime) -> Resolution | None:
        """Return how a finding that is gone ends, or None while it must stay."""
        finding = tracked.finding
        if finding.detector_id in self.retired_detectors:
            return Resolution.DETECTOR_RETIRED
        if self.is_excluded:
            return Resolution.POLICY_CHANGED
        if reason := self.blind_reason(finding):
            return _after_waiting(tracked, reason, now)
        return self._certain_end(finding)

    def _certain_end(self, finding: Finding) -> Resolution:
        if self._fate(finding):
            return Resolution.RESOURCE_DELETED
        if self._is_outside_settings(finding):
            return Resolution.POLICY_CHANGED
        return Resolution.FIXED

    @cached_property
    def _gaps(self) -> Mapping[GapKind, frozenset[str]]:
        ids: dict[GapKind, set[str]] = {}
        for gap in self.coverage.gaps:
            ids.setdefault(gap.kind, set()).add(gap.id)
        return {kind: frozenset(found) for kind, found in ids.items()}

    def _unread(self, kind: GapKind) -> frozenset[str]:
        return self._gaps.get(kind, NO_IDS)

    def _unreadable_place(self, finding: Finding) -> str:
        for kind in (GapKind.SPACES, GapKind.GRANTS):
            if self._unread(kind):
                return f"{kind}_unreadable"
        if finding.resource.type in SITE_WIDE:
            return ""
        return (
            self._unreadable_listing(finding)
            or self._unreadable_branch(finding)
            or self._unreadable_list(finding)
        )

    def _unreadable_listing(self, finding: Finding) -> str:
        if self._unread(GapKind.CONTENT):
            return "content_unreadable"
        if _types_of(finding) & self._unread(GapKind.CONTENT_TYPE):
            return "content_type_unreadable"
        return ""

    def _unreadable_branch(self, finding: Finding) -> str:
        is_whole_space = finding.resource.type == ResourceType.SPACE_CONTENT
        if finding.resource.id in self.unjudged or (is_whole_space and self.unjudged):
            return "ancestor_unreadable"
        chain = {step.content_id for step in finding.restriction_chain}
        if self._unread(GapKind.RESTRICTION) & (chain | {finding.resource.id}):
            return "restriction_unreadable"
        return ""

    def _unreadable_list(self, finding: Finding) -> str:
        named = {
            entry.removeprefix(GROUP_ENTRY)
            for step in finding.restriction_chain
            for entry in (*step.read, *step.update)
            if entry.startswith(GROUP_ENTRY)
        }
        return "group_unreadable" if self._unread(GapKind.GROUP) & named else ""

    def _unreadable_people(self, principals: Collection[ExposedPrincipal]) -> str:
        if self._unread(GapKind.GROUP) & set(self._groups_behind(principals)):
            return "group_unreadable"
        paths = [path for exposed in principals for path in exposed.paths]
        if any(path.access_class in CLASSES_OF_GROUPS for path in paths) and (
            self._unlisted_doors
        ):
            return "groups_unreadable"
        if self._unread(GapKind.ROLE) and any(
            path.role_id or path.access_class in CLASSES_OF_GROUPS for path in paths
        ):
            return "role_unreadable"
        ids = {exposed.principal.id for exposed in principals}
        return "account_unreadable" if self._unread(GapKind.ACCOUNT) & ids else ""

    def _unreadable_doors(self, finding: Finding) -> str:
        """Return why an account could still get in, by a way nobody could read."""
        if finding.resource.type != ResourceType.ACCOUNT:
            return ""
        if self._unlisted_doors:
            return "groups_unreadable"
        if self._unread(GapKind.GROUP) & self.doors:
            return "group_unreadable"
        return "role_unreadable" if self._unread(GapKind.ROLE) else ""

    def _unseen_space(self, finding: Finding) -> str:
        """Return why a space that an account could get into says nothing now."""
        if finding.resource.type != ResourceType.ACCOUNT or not finding.affected:
            return ""
        fates = {self.fates.get(space.id) for space in finding.affected.sample}
        return next((reason for fate, reason in REASON_OF.items() if fate in fates), "")

    @property
    def _unlisted_doors(self) -> bool:
        """Whether the groups of some access type could not be listed."""
        return bool(self._unread(GapKind.GROUPS) - {""})

    def _groups_behind(self, principals: Collection[ExposedPrincipal]) -> Iterator[str]:
        for exposed in principals:
            for path in exposed.paths:
                if path.group_id:
                    yield path.group_id
                elif path.access_class in CLASSES_OF_GROUPS:
                    yield from self.doors

    def _fate(self, finding: Finding) -> Fate | None:
        """Return what became of what a finding rests on; None if any of it is there."""
        if self.space_fate is not None:
            return self.space_fate
        fates = {self.fates.get(id_) for id_ in rests_on(finding)}
        if not fates or None in fates:
            return None
        return next((fate for fate in REASON_OF if fate in fates), Fate.DELETED)

    def _is_outside_settings(self, finding: Finding) -> bool:
        if any(p.principal.id in self.reclassified for p in finding.principals):
            return True
        if finding.resource.type != ResourceType.ACCOUNT or not finding.affected:
            return False
        spaces = {space.id for space in finding.affected.sample}
        return not spaces.isdisjoint(self.excluded_spaces)


def rests_on(finding: Finding) -> frozenset[str]:
    """Return the items of which one must still be there for a finding to be fixed.

    It is the anchor or, where that is the content of a space, the sample.
    """
    if finding.resource.type in SITE_WIDE:
        return NO_IDS
    if finding.resource.type == ResourceType.SPACE_CONTENT:
        sample = finding.affected.sample if finding.affected else ()
        return frozenset(item.id for item in sample)
    return frozenset({finding.resource.id})


def _types_of(finding: Finding) -> frozenset[str]:
    """Return the types of what is affected; that of the anchor where in doubt.

    A folder that no listing gives is read as an ancestor, and is not affected.
    """
    affected = finding.affected
    types = {item.type for item in affected.sample} if affected else set()
    if affected is None or affected.count > len(affected.sample):
        types.add(finding.resource.type)
    return frozenset(types)


def _after_waiting(
    tracked: TrackedFinding, reason: str, now: datetime
) -> Resolution | None:
    waited = (
        reason == NOT_VISIBLE
        and tracked.stale is not None
        and tracked.stale.reason == NOT_VISIBLE
        and now - tracked.stale.since >= NOT_VISIBLE_FOR
    )
    return Resolution.NOT_VISIBLE if waited else None
