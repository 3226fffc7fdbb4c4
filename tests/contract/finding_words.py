"""Findings to keep: ordinary ones, and any that Hypothesis can think of."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zlib import crc32

from hypothesis import strategies as st

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
    ResourceType,
    RestrictionStep,
    Severity,
    Via,
)
from connector.domain.finding_state import (
    FindingType,
    Resolution,
    Stale,
    Status,
    TrackedFinding,
    finding_id_of,
)

HOSTILE = "\0 \ud83d \ufdd0 ' \" \n \\ é 🙈 \x7f"
SEEN = datetime(2026, 11, 23, 9, 30, 0, 123456, UTC)
GUS = Principal("gus", Audience.EXTERNAL, display_name="Gus", is_guest=True)

texts = st.text(st.characters(exclude_categories=()), max_size=8)
ids = st.sampled_from(["1", "22", "333", "gus", "eve"])
types = st.sampled_from(["page", "space", "blogpost", "account"])
notes = st.lists(texts, max_size=2).map(tuple)
mappings = st.dictionaries(texts, texts, max_size=2)


def words_for(*about: str) -> str:
    """Return what something is called: the same each time, sometimes nothing."""
    choices = ("", "Home", HOSTILE, *about[-1:])
    return choices[crc32("/".join(about).encode("utf-8", "surrogatepass")) % 4]


refs = st.builds(
    lambda type_, id_: ItemRef(type_, id_, words_for(type_, id_)), types, ids
)
affected = st.none() | st.builds(
    Affected, st.integers(0, 9), st.lists(refs, max_size=3).map(tuple)
)
principals = st.builds(
    lambda principal: replace(
        principal, display_name=words_for("account", principal.id)
    ),
    st.builds(
        Principal,
        id=ids,
        audience=st.sampled_from(Audience),
        kind=st.none() | st.sampled_from(AppKind),
        account_type=texts,
        account_status=texts,
        is_guest=st.booleans(),
        name_collision=st.booleans(),
    ),
)
paths = st.builds(Path, st.sampled_from(Via), *[texts] * 8)
exposed = st.builds(
    ExposedPrincipal,
    principals,
    st.sampled_from(Level),
    st.lists(paths, max_size=2).map(tuple),
    affected,
    st.booleans(),
    st.sampled_from(Confidence),
    notes,
    notes,
)


def resource_of(type_: str, id_: str, key: str, url: str, space_key: str) -> Resource:
    title = words_for(type_, id_)
    if type_ == ResourceType.ACCOUNT:
        title = title or id_
    return Resource(type_, id_, key, title, url, space_key)


any_finding = st.builds(
    Finding,
    detector_id=ids,
    resource=st.builds(resource_of, types, ids, texts, texts, texts),
    principals=st.lists(exposed, max_size=2).map(tuple),
    level=st.sampled_from(Level),
    cause=st.sampled_from(Cause),
    confidence=st.sampled_from(Confidence),
    confidence_reasons=notes,
    affected=affected,
    restriction_chain=st.lists(
        st.builds(RestrictionStep, texts, texts, notes, notes, notes), max_size=2
    ).map(tuple),
    split_mode=texts,
    can_self_elevate=st.booleans(),
    coverage_notes=notes,
    anonymous_use=st.none() | st.sampled_from(AnonymousUse),
    details=mappings,
    labels=mappings,
)


def type_of(detector_id: str, severity: Severity = Severity.HIGH) -> FindingType:
    """Return the words of a detector."""
    return FindingType(
        detector_id, f"Title of {detector_id}", severity, "access", "Close it.", "Why"
    )


def finding_on(
    page_id: str,
    *,
    detector_id: str = "external-content-view",
    title: str = "Home",
    principal: Principal = GUS,
) -> Finding:
    """Return a finding on a page that one principal reaches."""
    affected = Affected(1, (ItemRef("page", page_id, title),))
    return Finding(
        detector_id=detector_id,
        resource=Resource("page", page_id, "", title, f"/{page_id}", "DOCS"),
        principals=(ExposedPrincipal(principal, Level.VIEW, (), affected),),
        affected=affected,
    )


def tracked(
    finding: Finding,
    *,
    site_id: str = "acme",
    space_id: str = "7",
    severity: Severity = Severity.HIGH,
) -> TrackedFinding:
    """Return a finding that was just seen for the first time."""
    fingerprint = finding.fingerprint(site_id)
    return TrackedFinding(
        id=finding_id_of(fingerprint),
        fingerprint=fingerprint,
        site_id=site_id,
        space_id=space_id,
        finding=finding,
        type=type_of(finding.detector_id),
        severity=severity,
        evidence_digest="digest",
        first_seen_at=SEEN,
        last_seen_at=SEEN,
        scan_id="scan-1",
    )


def with_a_history(finding: TrackedFinding) -> TrackedFinding:
    """Return a finding that everything has happened to."""
    return replace(
        finding,
        evidence_digest="another",
        last_seen_at=SEEN + timedelta(days=1),
        scan_id="scan-2",
        status=Status.RESOLVED,
        resolution=Resolution.NOT_VISIBLE,
        stale=Stale(HOSTILE, SEEN + timedelta(hours=1)),
        implied_by=finding_id_of("another"),
        resolved_at=SEEN + timedelta(days=2, microseconds=1),
        reopened_count=3,
        version=8,
    )
