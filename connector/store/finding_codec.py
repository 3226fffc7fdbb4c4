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
    Finding,
    Path,
    Principal,
    Resource,
    ResourceType,
)
from casb_sdk.exposed import Shared, each_access, people_of
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
    """The JSON of values that many findings of a batch share, each written once.

    By identity, which is cheaper than comparing; a value is kept with its JSON so
    that no other can take its place.
    """

    def __init__(self) -> None:
        self._written: dict[int, tuple[object, bytes]] = {}

    def of(self, value: Value, describe: Callable[[Value], object]) -> bytes:
        """Return the JSON of what ``describe`` makes of a value."""
        written = self._written.get(id(value))
        if written is None:
            written = value, dump_plain(describe(value))
            self._written[id(value)] = written
        return written[1]

    def of_each(
        self, values: Sequence[Value], describe: Callable[[Value], object]
    ) -> bytes:
        """Return the JSON of what ``describe`` makes of each of some values."""
        written = self._written.get(id(values))
        if written is None:
            told = b",".join([self.of(value, describe) for value in values])
            written = self._written[id(values)] = values, b"[%b]" % told
        return written[1]


def encode_finding(finding: Finding, parts: Parts | None = None) -> EncodedFinding:
    """Return a finding, but for its exposure, as bytes and names."""
    titles: Titles = defaultdict(dict)
    people, resource = people_of(finding.principals), finding.resource
    names = {it.id: it.display_name for it in people}
    if resource.type != ResourceType.ACCOUNT:
        titles[str(resource.type)][resource.id] = resource.title
    elif resource.title != resource.id:
        names[resource.id] = resource.title
    affected = _untitled(finding.affected, titles)
    pieces = [dump_plain(_start(finding))[:-1]]
    if people:
        reached = _Reached(titles, parts or Parts(), finding.affected, affected)
        pieces += _exposed(people, each_access(finding.principals), reached)
    pieces += b",", dump_plain(_end(finding, affected))[1:]
    return EncodedFinding(b"".join(pieces), dump_plain(titles), names)


def _exposed(
    people: Sequence[Principal], accesses: Sequence[Shared], reached: "_Reached"
) -> Iterator[bytes]:
    """Yield JSON of the principals and their accesses; ``access_of`` joins them."""
    yield b',"principals":'
    yield reached.parts.of_each(people, _principal)
    places: dict[bytes, int] = {}
    each = {id(access): access for access in accesses}
    access_of = {
        key: places.setdefault(reached.told(access), len(places))
        for key, access in each.items()
    }
    yield b',"accesses":[%b],"access_of":' % b",".join(places)
    yield dump_plain(list(map(access_of.__getitem__, map(id, accesses))))


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
