"""Turns findings into bytes without names and titles, and back with them.

What people and things are called is kept apart from the evidence, so that erasing
a name erases it everywhere. Fields at their default are left out.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec
import orjson

from casb_sdk import (
    Affected,
    ExposedPrincipal,
    Finding,
    Path,
    Principal,
    Resource,
    ResourceType,
)
from connector.store.json_values import dump_plain, load_plain

Value = TypeVar("Value")
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


class Parts:
    """The JSON of values that many findings of a batch share, each written once.

    By identity, which is cheaper than comparing; a value is kept with its JSON so
    that no other can take its place.
    """

    def __init__(self) -> None:
        self._written: dict[int, tuple[object, orjson.Fragment]] = {}

    def of(self, value: Value, describe: Callable[[Value], object]) -> object:
        """Return the JSON of what ``describe`` makes of a value."""
        written = self._written.get(id(value))
        if written is None:
            written = value, orjson.Fragment(orjson.dumps(describe(value)))
            self._written[id(value)] = written
        return written[1]


class Unshared(Parts):
    """Values as they are, for a finding that the fast library refuses."""

    def of(self, value: Value, describe: Callable[[Value], object]) -> object:
        """Return what ``describe`` makes of a value."""
        return describe(value)


def encode_finding(finding: Finding, parts: Parts | None = None) -> EncodedFinding:
    """Return a finding, but for its exposure, as bytes and names."""
    titles: Titles = defaultdict(dict)
    names = {p.principal.id: p.principal.display_name for p in finding.principals}
    resource = finding.resource
    if resource.type != ResourceType.ACCOUNT:
        titles[str(resource.type)][resource.id] = resource.title
    elif resource.title != resource.id:
        names[resource.id] = resource.title
    try:
        evidence = orjson.dumps(_evidence(finding, titles, parts or Parts()))
    except orjson.JSONEncodeError:
        evidence = dump_plain(_evidence(finding, titles, Unshared()))
    return EncodedFinding(evidence, dump_plain(titles), names)


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


def _evidence(finding: Finding, titles: Titles, parts: Parts) -> Json:
    affected = _untitled(finding.affected, titles)
    access = _Access(titles, parts, finding.affected, affected)
    return _slim(
        detector_id=finding.detector_id,
        resource=_resource(finding.resource),
        principals=[access.exposed(exposed) for exposed in finding.principals],
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


def _resource(resource: Resource) -> Json:
    return {"type": resource.type, "id": resource.id} | _slim(
        key=resource.key, url=resource.url, space_key=resource.space_key
    )


class _Access:
    """The principals of one finding; what many have in common is told once."""

    def __init__(
        self, titles: Titles, parts: Parts, whole: Affected | None, told: Json | None
    ) -> None:
        self._titles = titles
        self._parts = parts
        self._whole = told
        self._reached: dict[int, Json | str | None] = {id(whole): told and SAME}
        self._known: dict[tuple[object, ...], Json] = {}

    def exposed(self, exposed: ExposedPrincipal) -> Json:
        """Return a principal and its access."""
        principal = self._parts.of(exposed.principal, _principal)
        key = (
            id(exposed.paths),
            id(exposed.affected),
            exposed.level,
            exposed.can_self_elevate,
            exposed.confidence,
            exposed.confidence_reasons,
            exposed.notes,
        )
        access = self._known.get(key)
        if access is None:
            access = self._known[key] = self._told(exposed)
        return {"principal": principal} | access

    def _told(self, exposed: ExposedPrincipal) -> Json:
        return _slim(
            level=str(exposed.level),
            paths=exposed.paths and self._parts.of(exposed.paths, _paths),
            affected=self._affected(exposed.affected),
            can_self_elevate=exposed.can_self_elevate,
            confidence=str(exposed.confidence),
            confidence_reasons=exposed.confidence_reasons,
            notes=exposed.notes,
        )

    def _affected(self, affected: Affected | None) -> Json | str | None:
        key = id(affected)
        if key not in self._reached:
            told = _untitled(affected, self._titles)
            self._reached[key] = SAME if told and told == self._whole else told
        return self._reached[key]


def _principal(principal: Principal) -> Json:
    return {"id": principal.id, "audience": str(principal.audience)} | _slim(
        kind=principal.kind and str(principal.kind),
        account_type=principal.account_type,
        account_status=principal.account_status,
        is_guest=principal.is_guest,
        name_collision=principal.name_collision,
    )


def _paths(paths: tuple[Path, ...]) -> list[Json]:
    # Field by field, since orjson takes five times as long over a dataclass.
    return [
        {
            "via": str(path.via),
            "operation": path.operation,
            "target": path.target,
            "permission_id": path.permission_id,
            "group_id": path.group_id,
            "group_name": path.group_name,
            "role_id": path.role_id,
            "role_name": path.role_name,
            "access_class": path.access_class,
        }
        for path in paths
    ]


def _untitled(affected: Affected | None, titles: Titles) -> Json | None:
    if affected is None:
        return None
    for ref in affected.sample:
        titles[str(ref.type)][ref.id] = ref.title
    sample = [(ref.type, ref.id) for ref in affected.sample]
    return {"count": affected.count, "sample": sample}


def _slim(**fields: object) -> Json:
    return {name: value for name, value in fields.items() if value}
