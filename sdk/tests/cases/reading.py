"""Reads a site the way the ten detectors do, in the short words of the table of cases.

``F1`` to ``F10`` are the conditions of access-model 1.7. Content findings are told by
the titles of the items affected, findings on a space as ``space:KEY``, accounts by id.
"""

from collections.abc import Iterator

from casb_sdk.diagnostics import Diagnostic
from casb_sdk.exposure import Exposure
from casb_sdk.model import Audience, Confidence
from casb_sdk.people import People
from casb_sdk.site import SiteAccess
from casb_sdk.space import Refusal, SpaceAccess
from casb_sdk.testing import SiteBuilder
from sdk.tests.agreement import CONTENT_QUESTIONS, EXTERNAL, SPACE_QUESTIONS

ANYBODY = Audience.ANONYMOUS

NOBODY = frozenset[Refusal]()


def wiki() -> SiteBuilder:
    """Return the fixture of the table: page P under homepage H, and a group staff."""
    return (
        SiteBuilder()
        .person("ann")
        .group("staff", "ann")
        .space("S")
        .homepage("H")
        .page("P", under="H")
    )


def branch() -> SiteBuilder:
    """Return an empty space S beside the group staff, for cases with a tree."""
    return SiteBuilder().person("ann").group("staff", "ann").space("S")


def exposures_of(
    site: SiteBuilder, refusals: frozenset[Refusal] = NOBODY
) -> dict[str, list[Exposure]]:
    """Return the exposures behind each finding; findings without any are left out."""
    people = People.of(site.snapshot().directory, site.policy)
    spaces = site.snapshot().spaces
    found: dict[str, list[Exposure]] = {}
    for space in (SpaceAccess(snapshot, people, refusals) for snapshot in spaces):
        for number, (audiences, level) in CONTENT_QUESTIONS.items():
            found.setdefault(f"F{number}", []).extend(
                space.exposed_content(audiences, level)
            )
        for number, (audiences, level) in SPACE_QUESTIONS.items():
            if exposure := space.exposed_space(audiences, level):
                found.setdefault(f"F{number}", []).append(exposure)
    found["F7"] = [
        account.exposure for account in SiteAccess.of(people, spaces).accounts(EXTERNAL)
    ]
    return {finding: exposures for finding, exposures in found.items() if exposures}


def findings_of(
    site: SiteBuilder, refusals: frozenset[Refusal] = NOBODY
) -> dict[str, set[str]]:
    """Return what each finding is about: ``{"F10": {"space:S"}, "F1": {"H", "P"}}``."""
    return {
        finding: {name for exposure in exposures for name in _names(exposure)}
        for finding, exposures in exposures_of(site, refusals).items()
    }


def reach_of(site: SiteBuilder, finding: str) -> dict[str, dict[str, set[str]]]:
    """Return who reaches what at each anchor: ``{"page P": {"eve": {"P"}}}``."""
    return {
        f"{exposure.resource.type} {exposure.resource.title}": {
            exposed.principal.id: {
                affected.item.title
                for affected in exposure.items
                if exposed.principal.id in affected.account_ids
            }
            for exposed in exposure.principals
        }
        for exposure in exposures_of(site).get(finding, [])
    }


def only(site: SiteBuilder, finding: str) -> Exposure:
    """Return the one exposure behind a finding."""
    [exposure] = exposures_of(site)[finding]
    return exposure


def confidences_of(site: SiteBuilder) -> dict[str, set[Confidence]]:
    """Return how sure the model is of each finding."""
    return {
        finding: {exposure.confidence for exposure in exposures}
        for finding, exposures in exposures_of(site).items()
    }


def viewers_of(site: SiteBuilder, audience: Audience, title: str) -> set[str]:
    """Return who of an audience can view an item at all."""
    return {
        account_id
        for space in spaces_of(site)
        for exposure in space.exposed_content({audience}, CONTENT_QUESTIONS[8][1])
        for affected in exposure.items
        if affected.item.title == title
        for account_id in affected.account_ids
    }


def diagnostics_of(site: SiteBuilder) -> set[Diagnostic]:
    """Return what the model noticed without reporting it."""
    return {d for space in spaces_of(site) for d in space.diagnostics}


def notes_of(site: SiteBuilder) -> set[str]:
    """Return the coverage notes of the spaces."""
    return {note for space in spaces_of(site) for note in space.coverage.notes}


def spaces_of(site: SiteBuilder) -> Iterator[SpaceAccess]:
    """Yield the access model of each space."""
    people = People.of(site.snapshot().directory, site.policy)
    for snapshot in site.snapshot().spaces:
        yield SpaceAccess(snapshot, people)


def _names(exposure: Exposure) -> Iterator[str]:
    if exposure.resource.type == "account":
        yield exposure.resource.id
    elif exposure.resource.type == "space":
        yield f"space:{exposure.resource.key}"
    else:
        yield from (affected.item.title for affected in exposure.items)
