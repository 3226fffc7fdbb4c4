"""What holds for any findings, any sight and any history."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import groupby

from hypothesis import given, settings
from hypothesis import strategies as st

from casb_sdk import Coverage, ExposedPrincipal, Finding, Gap, GapKind, Level
from connector.domain.finding_state import (
    Change,
    ChangeType,
    Resolution,
    Status,
    TrackedFinding,
    finding_id_of,
)
from connector.domain.reading import Fate
from connector.domain.sight import Sight
from tests.unit.domain.findings import (
    EDIT,
    READ,
    SPACE_EDIT,
    VIEW,
    Case,
    on_content,
    on_page,
    on_space,
    somebody,
    step,
    via_group,
)

GROUPS = ("staff", "team")
PAGES = ("P", "Q")
PEOPLE = ("gus", "eve", "kim")
BY_ITSELF = {Resolution.DETECTOR_RETIRED, Resolution.NOT_VISIBLE}

ALONE = [
    somebody(id_, *ways, level=level)
    for id_ in PEOPLE
    for ways in [(READ,), (via_group("staff"),), (READ, via_group("team"))]
    for level in (Level.EDIT, Level.ADMIN)
]
COMPANY = [
    (one, *others)
    for one in ALONE
    for others in [(), *((other,) for other in ALONE)]
    if one.principal.id not in {other.principal.id for other in others}
]
CHAINS = [(), *((step(p, f"group:{g}"),) for p in PAGES for g in GROUPS)]
company = st.integers(0, len(COMPANY) - 1).map(lambda number: COMPANY[number])
page_findings = st.builds(
    lambda id_, who, which, chain: on_page(id_, *who, detector=which, chain=chain),
    st.sampled_from(PAGES),
    company,
    st.sampled_from([EDIT, VIEW]),
    st.sampled_from(CHAINS),
)
content_findings = st.builds(
    lambda who, sample: on_content(*who, sample=sample),
    company,
    st.sampled_from(["", "P", "PQ"]),
)
space_findings = st.builds(lambda who: on_space(*who), company)
detections = st.lists(
    page_findings | content_findings | space_findings,
    max_size=5,
    unique_by=lambda f: f.fingerprint("acme"),
)
gaps = st.sets(
    st.sampled_from(
        [
            *(Gap(GapKind.GROUP, group, "403") for group in GROUPS),
            *(Gap(GapKind.RESTRICTION, page, "403") for page in PAGES),
            *(Gap(GapKind.ACCOUNT, person, "429") for person in PEOPLE),
            Gap(GapKind.GRANTS, "S", "403"),
            Gap(GapKind.CONTENT, "S", "503"),
            Gap(GapKind.CONTENT_TYPE, "page", "400"),
        ]
    ),
    max_size=2,
)
detectors = st.sets(st.sampled_from([EDIT, VIEW, SPACE_EDIT]), max_size=1)
sights = st.builds(
    lambda gaps, failed, retired, unjudged, fates, lost: Sight(
        coverage=Coverage(tuple(gaps)),
        failed_detectors=frozenset(failed),
        retired_detectors=frozenset(retired - failed),
        unjudged=frozenset(unjudged),
        fates=fates,
        space_fate=lost,
    ),
    gaps,
    detectors,
    detectors,
    st.sets(st.sampled_from(PAGES), max_size=1),
    st.dictionaries(st.sampled_from(PAGES), st.sampled_from(Fate), max_size=2),
    st.none() | st.sampled_from(Fate),
)


@st.composite
def scans(draw: st.DrawFn) -> tuple[list[Finding], Sight]:
    """Return what a scan found; a detector that failed or rests finds nothing."""
    sight = draw(sights)
    silent = sight.failed_detectors | sight.retired_detectors
    found = [f for f in draw(detections) if f.detector_id not in silent]
    return found, sight


histories = st.lists(scans(), min_size=1, max_size=4)
Known = Mapping[str, TrackedFinding]


@given(histories)
@settings(max_examples=300, deadline=None)
def test_triage_keeps_its_promises(history: list[tuple[list[Finding], Sight]]) -> None:
    case = Case()
    for found, sight in history:
        known = dict(case.known)
        changes = case.judge(*found, sight=sight)

        check_one_change_each(changes)
        check_identity(changes)
        check_versions(known, changes)
        check_everything_found_is_open(found, case.known)
        check_nothing_is_fixed_blindly(changes, sight)
        check_nobody_drops_out_blindly(known, found, case.known, sight)
        check_the_rest_is_stale(known, found, case.known)
        check_marks_lead_to_something_open(case.known)
        check_once_more_changes_nothing(case, found, sight)


def check_one_change_each(changes: list[Change]) -> None:
    ids = sorted(change.finding.id for change in changes)
    assert ids == [id_ for id_, _ in groupby(ids)]


def check_identity(changes: list[Change]) -> None:
    for change in changes:
        tracked = change.finding
        assert tracked.fingerprint == tracked.finding.fingerprint("acme")
        assert tracked.id == finding_id_of(tracked.fingerprint)


def check_versions(known: Known, changes: list[Change]) -> None:
    for change in changes:
        before = known.get(change.finding.fingerprint)
        if before is None:
            assert change.type is ChangeType.CREATED
            assert change.finding.version == 1
            continue
        is_news = change.type is not ChangeType.REFRESHED
        assert change.finding.version == before.version + is_news
        assert change.finding.first_seen_at == before.first_seen_at
        assert bool(change.changed_fields) == is_news


def check_everything_found_is_open(found: list[Finding], after: Known) -> None:
    for finding in found:
        tracked = after[finding.fingerprint("acme")]
        assert tracked.status is Status.OPEN
        assert _ids(finding) <= _ids(tracked.finding)


def check_nothing_is_fixed_blindly(changes: list[Change], sight: Sight) -> None:
    for change in changes:
        if change.type is not ChangeType.RESOLVED:
            continue
        tracked = change.finding
        assert tracked.status is Status.RESOLVED
        if tracked.resolution in BY_ITSELF:
            continue
        assert tracked.finding.detector_id not in sight.failed_detectors
        assert not ground(tracked.finding) & set(sight.coverage.gaps)
        assert tracked.finding.resource.id not in sight.unjudged
        anchor_fate = sight.fates.get(tracked.finding.resource.id)
        assert anchor_fate in {None, Fate.DELETED} or sight.space_fate
        assert sight.space_fate in {None, Fate.DELETED}


def check_nobody_drops_out_blindly(
    known: Known, found: list[Finding], after: Known, sight: Sight
) -> None:
    for finding in found:
        before = known.get(finding.fingerprint("acme"))
        if before is None or before.status is Status.RESOLVED:
            continue
        now = after[before.fingerprint]
        for exposed in before.finding.principals:
            alone = replace(finding, principals=(exposed,), affected=exposed.affected)
            if ground(alone) & set(sight.coverage.gaps):
                assert exposed.principal.id in _ids(now.finding)
                assert _level(now.finding, exposed) >= _level(alone, exposed)


def check_the_rest_is_stale(known: Known, found: list[Finding], after: Known) -> None:
    seen = {finding.fingerprint("acme") for finding in found}
    for key in known.keys() - seen:
        tracked = after[key]
        assert tracked.status is Status.RESOLVED or tracked.stale is not None


def check_marks_lead_to_something_open(after: Known) -> None:
    open_ids = {t.id for t in after.values() if t.status is not Status.RESOLVED}
    for tracked in after.values():
        assert tracked.implied_by is None or tracked.implied_by in open_ids


def check_once_more_changes_nothing(
    case: Case, found: list[Finding], sight: Sight
) -> None:
    again = replace_case(case).judge(*found, sight=sight)
    assert {change.type for change in again} <= {ChangeType.REFRESHED}


def replace_case(case: Case) -> Case:
    return Case(now=case.now, known=dict(case.known))


def ground(finding: Finding) -> set[Gap]:
    """Return every gap that could hide a finding, written down independently."""
    hidden_by = {Gap(GapKind.GRANTS, "S", "403")}
    hidden_by |= {
        Gap(GapKind.GROUP, path.group_id, "403")
        for exposed in finding.principals
        for path in exposed.paths
        if path.group_id
    }
    hidden_by |= {Gap(GapKind.ACCOUNT, id_, "429") for id_ in _ids(finding)}
    if finding.resource.type == "space":
        return hidden_by
    for each in finding.restriction_chain:
        hidden_by.add(Gap(GapKind.RESTRICTION, each.content_id, "403"))
        hidden_by |= {
            Gap(GapKind.GROUP, entry.removeprefix("group:"), "403")
            for entry in each.read
        }
    hidden_by.add(Gap(GapKind.RESTRICTION, finding.resource.id, "403"))
    hidden_by.add(Gap(GapKind.CONTENT, "S", "503"))
    assert finding.affected is not None
    if finding.resource.type == "page" or finding.affected.sample:
        hidden_by.add(Gap(GapKind.CONTENT_TYPE, "page", "400"))
    return hidden_by


def _ids(finding: Finding) -> set[str]:
    return {exposed.principal.id for exposed in finding.principals}


def _level(finding: Finding, who: ExposedPrincipal) -> int:
    [level] = [
        p.level for p in finding.principals if p.principal.id == who.principal.id
    ]
    return list(Level).index(level)
