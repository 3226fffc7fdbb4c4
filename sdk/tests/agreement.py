"""Puts the access model and the brute-force oracle side by side."""

from collections.abc import Iterator

from casb_sdk.audience import AudiencePolicy
from casb_sdk.exposure import SAMPLE_SIZE, Exposure
from casb_sdk.model import Audience, Level
from casb_sdk.people import People
from casb_sdk.site import SiteAccess
from casb_sdk.snapshot import SiteSnapshot
from casb_sdk.space import SpaceAccess
from sdk.tests.oracle import Oracle, Verdict
from sdk.tests.oracle_space import Anchor

UNKNOWN = {Audience.ANONYMOUS, Audience.UNKNOWN}
EXTERNAL = {Audience.EXTERNAL}
APP = {Audience.APP}

CONTENT_QUESTIONS = {
    1: (UNKNOWN, Level.EDIT),
    3: (EXTERNAL, Level.EDIT),
    5: (APP, Level.EDIT),
    8: (EXTERNAL, Level.VIEW),
    9: (APP, Level.VIEW),
}
SPACE_QUESTIONS = {
    2: (UNKNOWN, Level.EDIT),
    4: (EXTERNAL, Level.EDIT),
    6: (APP, Level.EDIT),
    10: (UNKNOWN, Level.VIEW),
}


def disagreements(site: SiteSnapshot, policy: AudiencePolicy) -> list[str]:
    """Return every way in which the model and the oracle differ on a site."""
    oracle = Oracle(site, policy)
    model = Model(site, policy)
    return [
        *_differences(model.verdicts(), oracle.verdicts()),
        *_differences_in_blindness(model, oracle),
        *model.contradictions(),
    ]


class Model:
    """The access model of a site, asked the questions of the ten detectors."""

    def __init__(self, site: SiteSnapshot, policy: AudiencePolicy) -> None:
        people = People.of(site.directory, policy)
        self.spaces = [SpaceAccess(snapshot, people) for snapshot in site.spaces]
        self.site = SiteAccess.of(people, site.spaces)

    def verdicts(self) -> dict[int, Verdict]:
        verdicts = {number: dict(self._content(number)) for number in CONTENT_QUESTIONS}
        verdicts |= {number: dict(self._spaces(number)) for number in SPACE_QUESTIONS}
        verdicts[7] = dict(self._accounts())
        return verdicts

    def exposures(self) -> Iterator[Exposure]:
        for space in self.spaces:
            for audiences, level in CONTENT_QUESTIONS.values():
                yield from space.exposed_content(audiences, level)

    def contradictions(self) -> Iterator[str]:
        """Yield where an exposure's counts and samples contradict its own items."""
        for exposure in self.exposures():
            items = [affected.item for affected in exposure.items]
            ids = [item.id for item in items]
            if ids != sorted(set(ids), key=int):
                yield f"{exposure.resource}: items repeat or are out of order: {ids}"
            yield from _miscounts(exposure, "", ids)
            for exposed in exposure.principals:
                own = _reached_by(exposure, exposed.principal.id)
                yield from _miscounts(exposure, exposed.principal.id, own)
                if not exposed.paths:
                    yield f"{exposure.resource}: no path for {exposed.principal.id}"

    def _content(self, number: int) -> Iterator[tuple[Anchor, dict[str, object]]]:
        audiences, level = CONTENT_QUESTIONS[number]
        for space in self.spaces:
            for exposure in space.exposed_content(audiences, level):
                yield (
                    _anchor(exposure),
                    {
                        exposed.principal.id: set(
                            _reached_by(exposure, exposed.principal.id)
                        )
                        for exposed in exposure.principals
                    },
                )

    def _spaces(self, number: int) -> Iterator[tuple[Anchor, dict[str, object]]]:
        audiences, level = SPACE_QUESTIONS[number]
        for space in self.spaces:
            if exposure := space.exposed_space(audiences, level):
                yield (
                    _anchor(exposure),
                    {e.principal.id: e.level.value for e in exposure.principals},
                )

    def _accounts(self) -> Iterator[tuple[Anchor, dict[str, object]]]:
        for account in self.site.accounts(EXTERNAL):
            affected = account.exposure.affected
            reached = {space.id for space in affected.sample} if affected else set()
            yield _anchor(account.exposure), {account.principal.id: reached}


def _anchor(exposure: Exposure) -> Anchor:
    return str(exposure.resource.type), exposure.resource.id


def _reached_by(exposure: Exposure, principal_id: str) -> list[str]:
    return [
        affected.item.id
        for affected in exposure.items
        if principal_id in affected.account_ids
    ]


def _miscounts(exposure: Exposure, principal_id: str, ids: list[str]) -> Iterator[str]:
    affected = exposure.affected
    if principal_id:
        [affected] = (
            exposed.affected
            for exposed in exposure.principals
            if exposed.principal.id == principal_id
        )
    sample = [item.id for item in affected.sample] if affected else []
    if affected is None or affected.count != len(ids) or sample != ids[:SAMPLE_SIZE]:
        yield f"{exposure.resource}: {principal_id or 'all'} {affected} is not {ids}"


def _differences(
    model: dict[int, Verdict], oracle: dict[int, Verdict]
) -> Iterator[str]:
    for number, expected in sorted(oracle.items()):
        got = model[number]
        for anchor in sorted(expected.keys() | got.keys()):
            if got.get(anchor) != expected.get(anchor):
                yield (
                    f"finding {number} on {anchor}: the model says {got.get(anchor)}, "
                    f"the oracle {expected.get(anchor)}"
                )


def _differences_in_blindness(model: Model, oracle: Oracle) -> Iterator[str]:
    judged = {space.space.id: space for space in model.spaces}
    for space in oracle.spaces:
        listed = {id_ for id_, node in space.nodes.items() if node.state == "listed"}
        expected = {id_ for id_ in listed if space.chain(space.nodes[id_]) is None}
        got = judged[space.id].unjudged & listed
        if got != expected:
            yield f"space {space.id}: unjudged {sorted(got)}, not {sorted(expected)}"
