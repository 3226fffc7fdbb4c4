"""Turns findings into bytes without names and titles, and back with them.

What people and things are called is kept apart from the evidence, so that erasing
a name erases it everywhere. Fields at their default are left out.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from casb_sdk import Affected, ExposedPrincipal, Finding, Resource, ResourceType
from connector.store.json_values import dump_plain, load_plain

Json = dict[str, Any]
Titles = dict[str, dict[str, str]]
"""Titles by the type and the id of what they belong to."""

UNTITLED: Mapping[str, str] = {}
SAME = "same"
"""Stands for the affected items of a principal that are those of the finding."""


@dataclass(frozen=True, slots=True)
class EncodedFinding:
    """A finding in its three parts; ``names`` are those of accounts."""

    evidence: bytes
    titles: bytes
    names: Mapping[str, str]


def encode_finding(finding: Finding) -> EncodedFinding:
    """Return a finding, but for its exposure, as bytes and names."""
    titles: Titles = defaultdict(dict)
    names = {p.principal.id: p.principal.display_name for p in finding.principals}
    resource = finding.resource
    if resource.type != ResourceType.ACCOUNT:
        titles[resource.type][resource.id] = resource.title
    elif resource.title != resource.id:
        names[resource.id] = resource.title
    affected = _untitled(finding.affected, titles)
    reached = {id(finding.affected): affected and SAME}
    evidence = _slim(
        detector_id=finding.detector_id,
        resource=_resource(resource),
        principals=[_exposed(p, reached, affected, titles) for p in finding.principals],
        level=finding.level,
        cause=finding.cause,
        confidence=finding.confidence,
        confidence_reasons=finding.confidence_reasons,
        affected=affected,
        restriction_chain=finding.restriction_chain,
        split_mode=finding.split_mode,
        can_self_elevate=finding.can_self_elevate,
        coverage_notes=finding.coverage_notes,
        anonymous_use=finding.anonymous_use,
        details=finding.details,
        labels=finding.labels,
    )
    return EncodedFinding(dump_plain(evidence), dump_plain(titles), names)


@dataclass(frozen=True, slots=True)
class Draft:
    """Stored evidence, read but not yet joined with the names of its accounts."""

    evidence: Json
    titles: Titles

    @classmethod
    def of(cls, evidence: bytes, titles: bytes) -> "Draft":
        """Read the two stored parts of a finding."""
        return cls(load_plain(evidence), load_plain(titles))

    @property
    def account_ids(self) -> Iterator[str]:
        """The accounts whose names the finding wants."""
        for exposed in self._exposed:
            yield exposed["principal"]["id"]
        resource = self.evidence["resource"]
        if resource["type"] == ResourceType.ACCOUNT:
            yield resource["id"]

    def finding(self, names: Mapping[str, str]) -> Finding:
        """Return the finding, using up the draft.

        An account nobody has a name for goes by its id.
        """
        affected = self._titled(self.evidence)
        for exposed in self._exposed:
            principal = exposed["principal"]
            principal["display_name"] = names.get(principal["id"], "")
            if exposed.get("affected") == SAME:
                exposed["affected"] = affected
            else:
                self._titled(exposed)
        resource = self.evidence["resource"]
        type_, id_ = resource["type"], resource["id"]
        if type_ == ResourceType.ACCOUNT:
            resource["title"] = names.get(id_) or id_
        else:
            resource["title"] = self._title(type_, id_)
        return msgspec.convert(self.evidence, Finding)

    @property
    def _exposed(self) -> list[Json]:
        principals: list[Json] = self.evidence.get("principals", [])
        return principals

    def _titled(self, owner: Json) -> Json | None:
        affected: Json | None = owner.get("affected")
        if affected is not None:
            affected["sample"] = [
                {"type": type_, "id": id_, "title": self._title(type_, id_)}
                for type_, id_ in affected["sample"]
            ]
        return affected

    def _title(self, type_: str, id_: str) -> str:
        return self.titles.get(type_, UNTITLED).get(id_, "")


def _resource(resource: Resource) -> Json:
    return {"type": resource.type, "id": resource.id} | _slim(
        key=resource.key, url=resource.url, space_key=resource.space_key
    )


def _exposed(
    exposed: ExposedPrincipal,
    reached: dict[int, Json | str | None],
    whole: Json | None,
    titles: Titles,
) -> Json:
    """Return a principal; what many reach alike is worked out once."""
    principal = exposed.principal
    key = id(exposed.affected)
    if key not in reached:
        affected = _untitled(exposed.affected, titles)
        reached[key] = SAME if affected and affected == whole else affected
    return _slim(
        principal={"id": principal.id, "audience": principal.audience}
        | _slim(
            kind=principal.kind,
            account_type=principal.account_type,
            account_status=principal.account_status,
            is_guest=principal.is_guest,
            name_collision=principal.name_collision,
        ),
        level=exposed.level,
        paths=exposed.paths,
        affected=reached[key],
        can_self_elevate=exposed.can_self_elevate,
        confidence=exposed.confidence,
        confidence_reasons=exposed.confidence_reasons,
        notes=exposed.notes,
    )


def _untitled(affected: Affected | None, titles: Titles) -> Json | None:
    if affected is None:
        return None
    for ref in affected.sample:
        titles[ref.type][ref.id] = ref.title
    sample = [(ref.type, ref.id) for ref in affected.sample]
    return {"count": affected.count, "sample": sample}


def _slim(**fields: object) -> Json:
    return {name: value for name, value in fields.items() if value}
