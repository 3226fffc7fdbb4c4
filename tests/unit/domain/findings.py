"""Findings, what is known of them, and occasions to judge them, in a few words."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from casb_sdk import (
    Affected,
    Audience,
    ExposedPrincipal,
    Finding,
    ItemRef,
    Level,
    Path,
    Principal,
    Resource,
    ResourceType,
    RestrictionStep,
    Severity,
    Via,
)
from connector.domain.finding_state import Change, FindingType, TrackedFinding
from connector.domain.policy import DetectorPolicy
from connector.domain.sight import Sight
from connector.domain.suppression import Suppression, Suppressions
from connector.domain.triage import Occasion, reconcile

MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)
DAY = timedelta(days=1)

EDIT = "external-content-edit"
VIEW = "external-content-view"
SPACE_EDIT = "external-space-edit"
ACCESS = "external-access"

READ = Path(Via.USER, "read", "space", "permission-1")


def type_(
    id_: str, implied_by: str | None = None, severity: Severity = Severity.HIGH
) -> FindingType:
    return FindingType(
        id_, id_, severity, "access-security", "x", implied_by=implied_by
    )


TYPES = {
    EDIT: type_(EDIT),
    VIEW: type_(VIEW, EDIT, Severity.MEDIUM),
    SPACE_EDIT: type_(SPACE_EDIT),
    ACCESS: type_(ACCESS),
}


def via_group(group_id: str) -> Path:
    return Path(Via.GROUP, "read", "space", "permission-2", group_id, group_id)


def via_class(access_class: str) -> Path:
    return Path(Via.ACCESS_CLASS, "read", "space", access_class=access_class)


def via_role(role_id: str) -> Path:
    return Path(Via.ROLE, "read", "space", role_id=role_id, role_name=role_id)


def somebody(
    id_: str = "gus",
    *paths: Path,
    level: Level = Level.EDIT,
    audience: Audience = Audience.EXTERNAL,
    items: int = 1,
) -> ExposedPrincipal:
    return ExposedPrincipal(
        Principal(id_, audience, display_name=id_.title(), is_guest=True),
        level,
        paths or (READ,),
        Affected(items),
    )


def on_page(
    id_: str = "P",
    *who: ExposedPrincipal,
    detector: str = EDIT,
    chain: Sequence[RestrictionStep] = (),
    sample: Sequence[tuple[str, str]] | None = None,
) -> Finding:
    """Return a finding anchored at a page; the sample holds types and ids."""
    items = [("page", id_)] if sample is None else sample
    return Finding(
        detector,
        Resource("page", id_, title=f"Page {id_}"),
        who or (somebody(),),
        Level.EDIT,
        affected=Affected(len(items), tuple(ItemRef(t, i, i) for t, i in items)),
        restriction_chain=tuple(chain),
    )


def on_content(*who: ExposedPrincipal, sample: Iterable[str] = "PQ") -> Finding:
    """Return a finding anchored at the content of the space S."""
    pages = [("page", id_) for id_ in sample]
    resource = Resource(ResourceType.SPACE_CONTENT, "S", key="S")
    return replace(on_page("S", *who, sample=pages), resource=resource)


def on_space(*who: ExposedPrincipal, detector: str = SPACE_EDIT) -> Finding:
    """Return a finding anchored at the space S itself."""
    level = max((p.level for p in who), key=list(Level).index, default=Level.EDIT)
    resource = Resource(ResourceType.SPACE, "S", key="S")
    return Finding(detector, resource, who or (somebody(),), level)


def on_account(id_: str = "gus", *paths: Path, spaces: str = "S") -> Finding:
    """Return a finding anchored at an account that reads some spaces."""
    sample = tuple(ItemRef(ResourceType.SPACE, space, space) for space in spaces)
    return Finding(
        ACCESS,
        Resource(ResourceType.ACCOUNT, id_),
        (somebody(id_, *paths, level=Level.VIEW),),
        affected=Affected(len(sample), sample),
    )


def step(content_id: str, *read: str, update: Sequence[str] = ()) -> RestrictionStep:
    """Return a restricted item; entries read ``user:ID`` or ``group:ID``."""
    return RestrictionStep(content_id, "page", read, tuple(update), ())


@dataclass
class Case:
    """The findings known of one space, judged again and again, day after day."""

    now: datetime = MONDAY
    space_id: str = "S"
    policy: DetectorPolicy = field(default_factory=DetectorPolicy)
    types: Mapping[str, FindingType] = field(default_factory=lambda: TYPES)
    known: dict[str, TrackedFinding] = field(default_factory=dict)
    suppressions: list[Suppression] = field(default_factory=list)

    def judge(self, *found: Finding, sight: Sight | None = None) -> list[Change]:
        """Reconcile with what a scan found and take the changes over."""
        occasion = Occasion(
            "acme",
            self.space_id,
            f"scan {self.now}",
            self.now,
            self.types,
            self.policy,
            Suppressions.of(self.suppressions, self.now),
        )
        changes = reconcile(self.known, found, sight or Sight(), occasion)
        self.known |= {change.finding.fingerprint: change.finding for change in changes}
        self.now += DAY
        return changes

    @property
    def only(self) -> TrackedFinding:
        """The one finding that is known."""
        [tracked] = self.known.values()
        return tracked
