"""The OCSF form on request: an IAM Analysis Finding (2008), valid from 1.6.0 on."""

from collections.abc import Iterator, Mapping
from typing import Any

from connector.export.fitting import Row
from connector.export.ocsf_objects import said, user

CLASS_UID, CLASS_NAME = 2008, "IAM Analysis Finding"
ACCESSOR_UID = "access_analysis_result.accessors.uid"
USER_UID = "evidences.actor.user.uid"


def as_iam_finding(event: Mapping[str, Any], native: Mapping[str, Any]) -> Row:
    """Return a Detection Finding as an analysis of who has access and by what.

    The class has no evidences; what they say stands in the results of the analysis.
    """
    activity_id, activity = event["activity_id"], event["activity_name"]
    kept = {name: value for name, value in event.items() if name != "evidences"}
    return said(
        kept
        | {
            "class_uid": CLASS_UID,
            "class_name": CLASS_NAME,
            "type_uid": CLASS_UID * 100 + activity_id,
            "type_name": f"{CLASS_NAME}: {activity}",
            "observables": _observables(event) or None,
            "access_analysis_result": _accessors(native),
            "permission_analysis_results": list(_permissions(native)) or None,
        }
    )


def _accessors(native: Mapping[str, Any]) -> Row:
    accessors = [user(principal) for principal in native["principals"]]
    return said(
        {
            "accessors": accessors,
            "access_level": native["level"],
            "access_type": native["exposure"],
            "granted_privileges": list(dict.fromkeys(_operations(native))) or None,
        }
    )


def _permissions(native: Mapping[str, Any]) -> Iterator[Row]:
    for principal in native["principals"]:
        for path in principal.get("paths", ()):
            yield {
                "granted_privileges": [_operation(path)],
                "policy": said(
                    {
                        "uid": path["permission_id"],
                        "type": path["via"],
                        "name": path["group_name"] or path["role_name"],
                        "data": path,
                    }
                ),
            }


def _operations(native: Mapping[str, Any]) -> Iterator[str]:
    for principal in native["principals"]:
        for path in principal.get("paths", ()):
            yield _operation(path)


def _operation(path: Mapping[str, Any]) -> str:
    return "/".join(filter(None, (path["operation"], path["target"])))


def _observables(event: Mapping[str, Any]) -> list[Row]:
    return [
        {**each, "name": ACCESSOR_UID} if each["name"] == USER_UID else each
        for each in event.get("observables", ())
    ]
