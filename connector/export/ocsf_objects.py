"""The parts of an OCSF event that say what is exposed, to whom, and how."""

from collections.abc import Iterator, Mapping
from typing import Any

from connector.export.fitting import Row
from connector.export.text import in_one_line

WITHHELD = "withheld"
NAME_LENGTH = 200

UNKNOWN_USER, USER, OTHER = 0, 1, 99
USER_TYPES = {
    "anonymous": (OTHER, "Anonymous"),
    "app": (OTHER, "App"),
    "external": (USER, "User"),
    "unknown": (UNKNOWN_USER, "Unknown"),
}
RESOURCE_UID = (10, "Resource UID")
URL_STRING = (6, "URL String")
ACCOUNT_ID = (OTHER, "Account ID")

Native = Mapping[str, Any]


def summary(native: Native) -> str:
    """Return the finding in one line that no title can forge."""
    resource = native["resource"]
    name = in_one_line(resource["title"] or resource["id"] or WITHHELD, NAME_LENGTH)
    place = in_one_line(resource["space_key"] or "", NAME_LENGTH)
    where = f" in {place}" if place and resource["key"] is None else ""
    kind = in_one_line(resource["type"], NAME_LENGTH).replace("_", " ")
    return f'{native["title"]}: {kind} "{name}"{where}'


def resources(native: Native) -> list[Row]:
    """Return the anchor of the finding, then the items of the sample."""
    anchor, affected = native["resource"], native["affected"] or {}
    facts = {"url": anchor["url"], "affected": affected.get("count")}
    return [
        _resource(anchor, anchor["space_key"], facts),
        *(
            _resource(item, anchor["space_key"])
            for item in affected.get("sample", ())
            if (item["type"], item["id"]) != (anchor["type"], anchor["id"])
        ),
    ]


def evidences(native: Native) -> list[Row]:
    """Return each principal with its paths, then what the finding rests on besides."""
    rows: list[Row] = [_evidence(principal) for principal in native["principals"]]
    if native["evidence"]:
        rows.append({"data": native["evidence"]})
    return rows


def observables(native: Native) -> list[Row]:
    """Return what a platform may want to look up: the anchor and the accounts."""
    return list(_observables(native))


def _observables(native: Native) -> Iterator[Row]:
    resource = native["resource"]
    if resource["id"]:
        yield _observable("resources.uid", RESOURCE_UID, resource["id"])
    if resource["url"]:
        yield _observable("resources.data.url", URL_STRING, resource["url"])
    for principal in native["principals"]:
        if account_id := principal.get("account_id"):
            yield _observable("evidences.actor.user.uid", ACCOUNT_ID, account_id)


def _observable(name: str, type_: tuple[int, str], value: str) -> Row:
    return {"name": name, "type_id": type_[0], "type": type_[1], "value": value}


def _resource(
    item: Mapping[str, Any],
    space_key: str | None,
    facts: Mapping[str, object] | None = None,
) -> Row:
    return said(
        {
            "uid": item["id"],
            "name": item["title"] or item["id"] or WITHHELD,
            "type": item["type"],
            "namespace": space_key,
            "data": said(facts or {}) or None,
        }
    )


def _evidence(principal: Mapping[str, Any]) -> Row:
    if "paths" not in principal:
        return {"data": principal}
    return {"actor": {"user": user(principal)}, "data": principal}


def user(principal: Mapping[str, Any]) -> Row:
    """Return a principal as an account, or as its audience where it is withheld."""
    type_id, type_name = USER_TYPES.get(principal["audience"], (OTHER, "Other"))
    account_id = principal.get("account_id")
    return said(
        {
            "uid": account_id,
            "name": None if account_id else principal["audience"],
            "full_name": principal.get("display_name"),
            "type_id": type_id,
            "type": type_name,
            "groups": _groups(principal) or None,
        }
    )


def _groups(principal: Mapping[str, Any]) -> list[Row]:
    names = {
        path["group_id"]: path["group_name"]
        for path in principal.get("paths", ())
        if path["group_id"]
    }
    return [said({"uid": id_, "name": name}) for id_, name in names.items()]


def said(attributes: Mapping[str, object]) -> Row:
    """Return the attributes that have a value: OCSF knows no null."""
    return {name: value for name, value in attributes.items() if value is not None}
