"""Findings for the tests of the export, in words of the domain."""

from dataclasses import replace
from datetime import UTC, datetime

from casb_sdk import (
    Affected,
    AnonymousUse,
    AppKind,
    Audience,
    Cause,
    Confidence,
    ExposedPrincipal,
    Finding,
    ItemRef,
    Level,
    Path,
    Principal,
    Resource,
    RestrictionStep,
    Severity,
    Via,
)
from connector.domain.finding_state import (
    Change,
    ChangeType,
    FindingType,
    Resolution,
    Stale,
    Status,
    TrackedFinding,
    finding_id_of,
)

SITE_ID = "c1d2e3f4-0000-4000-8000-acme00000001"
SITE_URL = "https://acme.atlassian.net"
PUBLIC_URL = "https://casb.acme.example"
FIRST_SEEN = datetime(2026, 3, 1, 8, 30, 0, 125, UTC)
LAST_SEEN = datetime(2026, 3, 2, 8, 30, 0, 0, UTC)
LATER = datetime(2026, 3, 3, 9, 0, 0, 999_999, UTC)

GUEST_ID = "712020:0b2f1c1e-8f53-4d6e-9a1c-52c6f2a90001"
APP_ID = "712020:a77f1c1e-8f53-4d6e-9a1c-52c6f2a90002"
GHOST_ID = "557058:dead1c1e-8f53-4d6e-9a1c-52c6f2a90003"

ANONYMOUS = Principal("anonymous", Audience.ANONYMOUS)
GUEST = Principal(
    GUEST_ID,
    Audience.EXTERNAL,
    display_name="Gus Guest",
    account_type="atlassian",
    account_status="active",
    is_guest=True,
)
APP = Principal(
    APP_ID,
    Audience.APP,
    kind=AppKind.THIRD_PARTY,
    display_name="Slack",
    account_type="app",
    name_collision=True,
)
GHOST = Principal(GHOST_ID, Audience.UNKNOWN)

PAGE = Resource(
    "page",
    "100001",
    title="Road map",
    url=f"{SITE_URL}/wiki/spaces/DOCS/pages/100001",
    space_key="DOCS",
)
SPACE = Resource(
    "space", "7", "DOCS", "Documents", f"{SITE_URL}/wiki/spaces/DOCS", "DOCS"
)
ACCOUNT = Resource(
    "account",
    GUEST_ID,
    title="Gus Guest",
    url=f"{SITE_URL}/wiki/people/{GUEST_ID}",
)


def finding_type(id_: str, title: str, severity: Severity) -> FindingType:
    return FindingType(
        id=id_,
        title=title,
        severity=severity,
        category="access-security",
        remediation="Take the right away.",
        rationale="Somebody outside gets in.",
        detector_version="0.1.0",
    )


LOW, MEDIUM = Severity.LOW, Severity.MEDIUM
HIGH, CRITICAL = Severity.HIGH, Severity.CRITICAL
WHO_NOBODY_KNOWS = "Unknown or anonymous user"
TYPES = {
    type_.id: type_
    for type_ in (
        finding_type(
            "unknown-content-edit",
            f"{WHO_NOBODY_KNOWS} with edit access to content",
            CRITICAL,
        ),
        finding_type(
            "unknown-space-edit", f"{WHO_NOBODY_KNOWS} with edit access to space", HIGH
        ),
        finding_type(
            "external-content-edit",
            "External collaborators with edit access to content",
            MEDIUM,
        ),
        finding_type(
            "external-space-edit",
            "External collaborators with edit access to space",
            MEDIUM,
        ),
        finding_type(
            "app-content-edit", "Third-party app with edit access to content", MEDIUM
        ),
        finding_type(
            "app-space-edit", "Third-party app with edit access to space", MEDIUM
        ),
        finding_type("external-access", "External collaborator with access", MEDIUM),
        finding_type(
            "external-content-view",
            "External collaborators with content access",
            MEDIUM,
        ),
        finding_type("app-content-view", "Third-party app with content access", LOW),
        finding_type("unknown-access", f"{WHO_NOBODY_KNOWS} with access", LOW),
    )
}


def path(operation: str = "create/page", **more: str) -> Path:
    verb, _, target = operation.partition("/")
    return Path(Via.USER, verb, target, permission_id="9001", **more)


def via_group(operation: str = "create/page") -> Path:
    return replace(
        path(operation, group_id="g-1", group_name="partners"), via=Via.GROUP
    )


def sample(count: int = 2) -> Affected:
    return Affected(
        count,
        tuple(
            ItemRef("page", str(100001 + i), f"Page {i}") for i in range(min(count, 20))
        ),
    )


def exposed(
    principal: Principal,
    *paths: Path,
    level: Level = Level.EDIT,
    affected: Affected | None = None,
) -> ExposedPrincipal:
    return ExposedPrincipal(
        principal, level, paths=paths or (path(),), affected=affected
    )


def finding(detector_id: str) -> Finding:
    """Return a finding as the detector of that id would report it."""
    if detector_id == "external-access":
        resource, affected = ACCOUNT, sample()
    elif detector_id.endswith(("space-edit", "unknown-access")):
        resource, affected = SPACE, None
    else:
        resource, affected = PAGE, sample()
    is_edit = detector_id.endswith("edit")
    level = Level.EDIT if is_edit else Level.VIEW
    people = {"unknown": (ANONYMOUS, GHOST), "app": (APP,), "external": (GUEST,)}
    return Finding(
        detector_id,
        resource,
        principals=tuple(
            exposed(one, path(), via_group(), level=level, affected=affected)
            for one in people[detector_id.partition("-")[0]]
        ),
        level=level,
        cause=Cause.RESTRICTION if resource is PAGE else Cause.SPACE_GRANT,
        affected=affected,
        restriction_chain=(
            (RestrictionStep("100001", "page", (f"user:{GUEST_ID}",), (), ()),)
            if resource is PAGE
            else ()
        ),
        split_mode="not_split",
        anonymous_use=(
            AnonymousUse.INTERNET if detector_id.startswith("unknown") else None
        ),
    )


def tracked(
    what: Finding | str = "external-content-edit",
    status: Status = Status.OPEN,
    *,
    severity: Severity | None = None,
    stale: Stale | None = None,
    version: int = 1,
) -> TrackedFinding:
    """Return a finding over time, resolved ones as fixed."""
    found = finding(what) if isinstance(what, str) else what
    type_ = TYPES[found.detector_id]
    fingerprint = found.fingerprint(SITE_ID)
    is_resolved = status is Status.RESOLVED
    return TrackedFinding(
        id=finding_id_of(fingerprint),
        fingerprint=fingerprint,
        site_id=SITE_ID,
        space_id="" if found.resource.type == "account" else "7",
        finding=found,
        type=type_,
        severity=severity or type_.severity,
        evidence_digest="d" * 64,
        first_seen_at=FIRST_SEEN,
        last_seen_at=LAST_SEEN,
        scan_id="scan-1",
        status=status,
        resolution=Resolution.FIXED if is_resolved else None,
        resolved_at=LATER if is_resolved else None,
        stale=stale,
        version=version,
    )


def change(
    type_: ChangeType = ChangeType.CREATED, what: Finding | str = "unknown-space-edit"
) -> Change:
    statuses = {
        ChangeType.RESOLVED: Status.RESOLVED,
        ChangeType.WITHDRAWN: Status.RESOLVED,
        ChangeType.SUPPRESSED: Status.SUPPRESSED,
    }
    status = statuses.get(type_, Status.OPEN)
    return Change(type_, tracked(what, status), ("status", "principals"))


def rich_finding() -> Finding:
    """Return a finding that fills every field of the native form."""
    return replace(
        finding("external-content-edit"),
        principals=(
            ExposedPrincipal(
                GUEST,
                Level.EDIT,
                paths=(
                    replace(
                        via_group(),
                        via=Via.ROLE,
                        role_id="r-1",
                        role_name="Collaborator",
                        access_class="all-licensed-users",
                    ),
                ),
                affected=sample(),
                can_self_elevate=True,
                confidence=Confidence.MEDIUM,
                confidence_reasons=("guest_via_group",),
                notes=("likely_orphan_grant",),
            ),
        ),
        confidence=Confidence.MEDIUM,
        confidence_reasons=("guest_via_group",),
        restriction_chain=(
            RestrictionStep(
                "100001",
                "page",
                read=(f"user:{GUEST_ID}", "group:g-1"),
                update=("group:g-1",),
                matched_by=("group:g-1",),
            ),
        ),
        can_self_elevate=True,
        coverage_notes=("authenticated_users_access",),
        labels={"team": "Gus and friends", "cost-centre": "42"},
        details={"seen-by": "Gus Guest"},
    )
