"""What a finding rests on: the groups, accounts and items that bear it out."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from casb_sdk import (
    Audience,
    Directory,
    ExposedPrincipal,
    Finding,
    ResourceType,
    SubjectType,
)
from casb_sdk.model import Restriction
from casb_sdk.people import PRODUCT_ACCESS, Principal
from connector.domain.difference import principal_ids
from connector.domain.reading import SpaceGrants
from connector.domain.sight import CLASSES_OF_GROUPS, GROUP_ENTRY, SITE_WIDE
from connector.use_cases.subjects import subjects

CUSTOMER = "customer"
FIRST_FEW = 3
"""How many of the affected items are looked at before all of the sample is."""


@dataclass(frozen=True, slots=True)
class Grounds:
    """The groups and accounts behind the principals of a finding."""

    groups: frozenset[str]
    accounts: frozenset[str]

    @classmethod
    def of(cls, finding: Finding, directory: Directory) -> "Grounds":
        """Return what a finding rests on, as its evidence and the last scan say."""
        groups = {
            *_groups_on_paths(finding.principals),
            *_groups_in_lists(finding),
            *_doors_of(finding, directory),
        }
        return cls(frozenset(groups), principal_ids(finding))


@dataclass(frozen=True, slots=True)
class Named:
    """Who is named by the grants of a space and by some restriction lists."""

    groups: frozenset[str]
    users: frozenset[str]
    has_classes: bool

    @classmethod
    def by(cls, grants: Iterable[SpaceGrants], lists: Iterable[Restriction]) -> "Named":
        """Return everybody named."""
        grants, lists = list(grants), list(lists)
        classes = subjects(grants, SubjectType.ACCESS_CLASS)
        return cls(
            subjects(grants, SubjectType.GROUP).union(*(each.groups for each in lists)),
            subjects(grants, SubjectType.USER).union(*(each.users for each in lists)),
            has_classes=bool(classes & CLASSES_OF_GROUPS),
        )


def items_of(finding: Finding, *, whole: bool) -> tuple[str, ...]:
    """Return the anchor and affected items, the first few or all of the sample.

    An anchor that is affected itself bears out its finding alone.
    """
    if finding.resource.type in SITE_WIDE:
        return ()
    sample = [item.id for item in finding.affected.sample] if finding.affected else []
    if finding.resource.type == ResourceType.SPACE_CONTENT:
        return tuple(sample if whole else sample[:FIRST_FEW])
    anchor = finding.resource.id
    if not whole:
        sample = [] if anchor in sample else sample[:FIRST_FEW]
    return tuple(dict.fromkeys([anchor, *sample]))


def doors(directory: Directory) -> frozenset[str]:
    """Return the groups that give product access."""
    groups = directory.groups.values()
    return frozenset(g.id for g in groups if g.access_types & PRODUCT_ACCESS)


def _groups_on_paths(principals: Iterable[ExposedPrincipal]) -> Iterator[str]:
    for exposed in principals:
        yield from (path.group_id for path in exposed.paths if path.group_id)


def _groups_in_lists(finding: Finding) -> Iterator[str]:
    for step in finding.restriction_chain:
        for entry in step.matched_by:
            if entry.startswith(GROUP_ENTRY):
                yield entry.removeprefix(GROUP_ENTRY)


def _doors_of(finding: Finding, directory: Directory) -> Iterator[str]:
    """Yield a way in for each principal whose reach depends on having one.

    That is a group on its paths that gives product access, else the smallest one,
    and all of them where a class of people stands for them.
    """
    for exposed in finding.principals:
        groups = map(directory.groups.__getitem__, doors(directory))
        ways = [group for group in groups if exposed.principal.id in group.members]
        on_paths = set(_groups_on_paths([exposed]))
        if any(path.access_class in CLASSES_OF_GROUPS for path in exposed.paths):
            yield from (group.id for group in ways)
        elif needs_a_door(exposed.principal) and on_paths.isdisjoint(
            w.id for w in ways
        ):
            smallest = sorted(ways, key=lambda group: (len(group.members), group.id))
            yield from (group.id for group in smallest[:1])


def needs_a_door(principal: Principal) -> bool:
    """Return whether a principal reaches nothing without product access."""
    is_external = principal.audience is Audience.EXTERNAL
    return is_external and not (
        principal.is_guest or principal.account_type == CUSTOMER
    )
