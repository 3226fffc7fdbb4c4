"""The access model by brute force: every formula as written, item by item.

Nothing here is clever and nothing is shared with the model it judges: it puts the
questions of the formulas to every principal and every item, with plain sets.
"""

from casb_sdk.audience import AudiencePolicy
from casb_sdk.snapshot import SiteSnapshot
from sdk.tests.oracle_people import PeopleOracle
from sdk.tests.oracle_space import Anchor, SpaceOracle

CHANGEABLE = (
    *("page", "blogpost", "whiteboard", "database", "embed", "folder"),
    "attachment",
)
WRITE = {
    f"{verb}/{kind}"
    for verb in ("create", "update", "archive", "delete")
    for kind in CHANGEABLE
} | {
    "administer/space",
    "restrict_content/space",
    "archive_space/space",
    "delete_space/space",
}

Verdict = dict[Anchor, dict[str, object]]
"""By anchor and principal: item ids (content), a level (space), space ids (account)."""


class Oracle:
    """Answers the ten questions about a small site, slowly and plainly."""

    def __init__(self, site: SiteSnapshot, policy: AudiencePolicy) -> None:
        self.people = PeopleOracle(site.directory, policy)
        self.spaces = [
            SpaceOracle(self.people, space)
            for space in site.spaces
            if space.space.status != "trashed"
        ]

    def verdicts(self) -> dict[int, Verdict]:
        """Return what each of the ten detectors has to report."""
        unknown = self.people.of_audiences("ANONYMOUS", "UNKNOWN")
        external = self.people.of_audiences("EXTERNAL")
        apps = self.people.of_audiences("APP")
        return {
            1: self.content(unknown, "edit"),
            2: self.space_edit(unknown),
            3: self.content(external, "edit"),
            4: self.space_edit(external),
            5: self.content(apps, "edit"),
            6: self.space_edit(apps),
            7: self.account_access(external),
            8: self.content(external, "view"),
            9: self.content(apps, "view"),
            10: self.space_view(unknown),
        }

    def content(self, people: list[str], level: str) -> Verdict:
        verdict: Verdict = {}
        for space in self.spaces:
            for p in people:
                if self.is_own_personal_space(p, space):
                    continue
                for c in space.items():
                    if space.is_attributed(p, c, level):
                        anchor = space.boundary(c, level)
                        items = verdict.setdefault(anchor, {}).setdefault(p, set())
                        assert isinstance(items, set)
                        items.add(c.id)
        return verdict

    def space_edit(self, people: list[str]) -> Verdict:
        verdict: Verdict = {}
        for space in self.spaces:
            for p in people:
                if self.is_own_personal_space(p, space):
                    continue
                own = space.own(p)
                if "read/space" in space.ops(p) and any(map(is_write, own)):
                    level = "admin" if "administer/space" in own else "edit"
                    verdict.setdefault(("space", space.id), {})[p] = level
        return verdict

    def space_view(self, people: list[str]) -> Verdict:
        return {
            ("space", space.id): dict.fromkeys(readers, "view")
            for space in self.spaces
            if (readers := [p for p in people if "read/space" in space.own(p)])
        }

    def account_access(self, people: list[str]) -> Verdict:
        verdict: Verdict = {}
        for p in people:
            reached = {s.id for s in self.spaces if "read/space" in s.own(p)}
            is_guest = self.people.accounts[p].is_guest
            if reached or (not is_guest and self.people.is_in_group_giving(p, "user")):
                verdict["account", p] = {p: reached}
        return verdict

    def is_own_personal_space(self, p: str, space: SpaceOracle) -> bool:
        described = space.snapshot.space
        if described.type != "personal" or self.people.audience(p) != "EXTERNAL":
            return False
        return p == (described.owner_id or described.key.lstrip("~"))


def is_write(operation: str) -> bool:
    verb, _, target = operation.partition("/")
    return operation in WRITE or (target == "space" and verb.startswith("manage_"))
