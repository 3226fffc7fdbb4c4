"""Reads findings back from the bytes that `finding_codec` makes of them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from casb_sdk import Finding, Principal, ResourceType
from casb_sdk.exposed import Access, ExposedPeople
from connector.store.finding_codec import SAME, Titles
from connector.store.json_values import load_plain

Json = dict[str, Any]

UNTITLED: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Draft:
    """Stored evidence, read but not yet joined with the names of its accounts.

    ``access_of`` says for each principal which of the accesses is its own.
    """

    evidence: Json
    titles: Titles
    principals: list[Json]
    accesses: list[Json]
    access_of: list[int]

    @classmethod
    def of(cls, evidence: bytes, titles: bytes) -> "Draft":
        """Read the two stored parts of a finding."""
        read: Json = load_plain(evidence)
        principals = read.pop("principals", [])
        if "accesses" in read:
            accesses, access_of = read.pop("accesses"), read.pop("access_of")
        else:
            # Older evidence has an access beside each principal, as one object.
            accesses, access_of = principals, list(range(len(principals)))
            principals = [access.pop("principal") for access in accesses]
        return cls(read, load_plain(titles), principals, accesses, access_of)

    @property
    def account_ids(self) -> Iterator[str]:
        """The accounts whose names the finding wants."""
        for principal in self.principals:
            yield principal["id"]
        resource = self.evidence["resource"]
        if resource["type"] == ResourceType.ACCOUNT:
            yield resource["id"]

    def finding(self, names: Mapping[str, str]) -> Finding:
        """Return the finding, using up the draft.

        An account nobody has a name for goes by its id.
        """
        affected = self._titled(self.evidence)
        resource = self.evidence["resource"]
        type_, id_ = resource["type"], resource["id"]
        if type_ == ResourceType.ACCOUNT:
            resource["title"] = names.get(id_) or id_
        else:
            resource["title"] = self._title(type_, id_)
        finding = msgspec.convert(self.evidence, Finding)
        if not self.principals:
            return finding
        return replace(finding, principals=self._exposed(names, affected))

    def _exposed(
        self, names: Mapping[str, str], affected: Json | None
    ) -> ExposedPeople:
        for principal in self.principals:
            principal["display_name"] = names.get(principal["id"], "")
        for access in self.accesses:
            if access.get("affected") == SAME:
                access["affected"] = affected
            else:
                self._titled(access)
        people = msgspec.convert(self.principals, tuple[Principal, ...])
        accesses = msgspec.convert(self.accesses, tuple[Access, ...])
        return ExposedPeople(people, [accesses[n] for n in self.access_of])

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
