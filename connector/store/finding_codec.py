"""Turns findings into bytes without names and titles; `finding_draft` reads them.

What people and things are called is kept apart from the evidence, so that erasing
a name erases it everywhere. What principals share is written once in a finding.
Fields at their default are left out.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from casb_sdk import (
    Affected,
    ExposedPrincipal,
    Finding,
    Path,
    Principal,
    Resource,
    ResourceType,
)
from casb_sdk.exposed import Shared, accesses_of, each_access, people_of
from connector.store.json_values import dump_plain

Value = TypeVar("Value")
Json = dict[str, Any]
Titles = dict[str, dict[str, str]]
"""Titles by the type and the id of what they belong to."""

SAME = "same"
"""Stands for the affected items of an access that are those of the finding."""


@dataclass(frozen=True, slots=True)
class EncodedFinding:
    """A finding in its three parts; ``names`` are those of accounts."""

    evidence: bytes
    titles: bytes
    names: Mapping[str, str]


class Parts:
    """The JSON of values that many findings of a site share, each written once.

    By identity, which is cheaper than comparing; values are kept so that no other
    can take the place of one.
    """

    def __init__(self) -> None:
        self._written: dict[int, bytes] = {}
        self._kept: list[object] = []

    def of(self, value: Value, describe: Callable[[Value], object]) -> bytes:
        """Return the JSON of what ``describe`` makes of a value."""
        written = self._written.get(id(value))
        return written or self._write(value, dump_plain(describe(value)))

    def of_people(self, people: Sequence[Principal], names: dict[str, str]) -> bytes:
        """Return the JSON of people; ``names`` learns those not written before."""
        written = self._written
        if id(people) in written:
            return written[id(people)]
        for each in [it for it in people if id(it) not in written]:
            names[each.id] = each.display_name
            self._write(each, dump_plain(_principal(each)))
        told = b",".join(map(written.__getitem__, map(id, people)))
        return self._write(people, b"[%b]" % told)

    def _write(self, value: object, told: bytes) -> bytes:
        self._kept.append(value)
        self._written[id(value)] = told
        return told


def encode_finding(finding: Finding, parts: Parts | None = None) -> EncodedFinding:
    """Return a finding, but for its exposure, as bytes and names.

    Names that came with another finding of the same ``parts`` are left out.
    """
    titles: Titles = defaultdict(dict)
    names: dict[str, str] = {}
    people, resource = people_of(finding.principals), finding.resource
    if resource.type != ResourceType.ACCOUNT:
        titles[str(resource.type)][resource.id] = resource.title
    elif resource.title != resource.id:
        names[resource.id] = resource.title
    affected = _untitled(finding.affected, titles)
    pieces = [dump_plain(_start(finding))[:-1]]
    if people:
        parts = parts or Parts()
        reached = _Reached(titles, parts, finding.affected, affected)
        pieces += b',"principals":', parts.of_people(people, names)
        pieces += _accesses(finding.principals, reached)
    pieces += b",", dump_plain(_end(finding, affected))[1:]
    return EncodedFinding(b"".join(pieces), dump_plain(titles), names)


def _accesses(
    exposed: Sequence[ExposedPrincipal], reached: "_Reached"
) -> Iterator[bytes]:
    """Yield JSON of the accesses; ``access_of`` joins the principals with them."""
    places: dict[bytes, int] = {}
    place_of = {
        id(access): places.setdefault(reached.told(access), len(places))
        for access in accesses_of(exposed)
    }
    yield b',"accesses":[%b],"access_of":' % b",".join(places)
    yield dump_plain(list(map(place_of.__getitem__, map(id, each_access(exposed)))))


def _start(finding: Finding) -> Json:
    resource = _resource(finding.resource)
    return {"detector_id": finding.detector_id, "resource": resource}


def _end(finding: Finding, affected: Json | None) -> Json:
    """Return what comes after the principals; never nothing, it has a level."""
    return _slim(
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


class _Reached:
    """How far the principals of one finding get."""

    def __init__(
        self, titles: Titles, parts: Parts, whole: Affected | None, told: Json | None
    ) -> None:
        self.parts = parts
        self._titles = titles
        self._whole = told
        self._affected: dict[int, Json | str | None] = {id(whole): told and SAME}

    def told(self, access: Shared) -> bytes:
        """Return JSON of an access, which is never empty: it has a level."""
        told = dump_plain(
            _slim(
                level=str(access.level),
                affected=self._of(access.affected),
                can_self_elevate=access.can_self_elevate,
                confidence=str(access.confidence),
                confidence_reasons=access.confidence_reasons,
                notes=access.notes,
            )
        )
        if not access.paths:
            return told
        return told[:-1] + b',"paths":%b}' % self.parts.of(access.paths, _paths)

    def _of(self, affected: Affected | None) -> Json | str | None:
        key = id(affected)
        if key not in self._affected:
            told = _untitled(affected, self._titles)
            self._affected[key] = SAME if told and told == self._whole else told
        return self._affected[key]


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
