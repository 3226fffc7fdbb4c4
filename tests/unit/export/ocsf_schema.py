"""The OCSF schemas, compiled once a version, and the rules JSON Schema cannot say."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema

DETECTION_FINDING = "detection_finding"
OTHER = 99
YEAR_2020, YEAR_2100 = 1_577_836_800_000, 4_102_444_800_000


@cache
def schema_of(version: str) -> dict[str, Any]:
    schema: dict[str, Any] = get_ocsf_schema(version)
    return schema


@cache
def validator_of(version: str) -> Draft202012Validator:
    schema = OcsfJsonSchemaEmbedded(schema_of(version)).get_class_schema(
        DETECTION_FINDING
    )
    return Draft202012Validator(schema)


def violations(event: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with an event under the version it names."""
    version = event["metadata"]["version"]
    class_ = schema_of(version)["classes"][DETECTION_FINDING]
    return [
        *(
            f"{error.json_path}: {error.message}"
            for error in validator_of(version).iter_errors(event)
        ),
        *_wrong_type_uid(event),
        *_wrong_values(event, class_["attributes"], schema_of(version)["objects"]),
    ]


def _wrong_type_uid(event: Mapping[str, Any]) -> Iterator[str]:
    if event["type_uid"] != event["class_uid"] * 100 + event["activity_id"]:
        yield f"type_uid {event['type_uid']}"


def _wrong_values(
    value: Mapping[str, Any], attributes: Mapping[str, Any], objects: Mapping[str, Any]
) -> Iterator[str]:
    for name, part in value.items():
        attribute = attributes.get(name, {})
        if attribute.get("type") == "timestamp_t" and not (
            YEAR_2020 < part < YEAR_2100
        ):
            yield f"{name} {part} is not in milliseconds"
        if "enum" in attribute and "sibling" in attribute:
            yield from _wrong_caption(name, part, value, attribute)
        inner = objects.get(attribute.get("object_type", ""), {}).get("attributes")
        if inner:
            for one in part if isinstance(part, list) else [part]:
                yield from _wrong_values(one, inner, objects)


def _wrong_caption(
    name: str, id_: int, value: Mapping[str, Any], attribute: Mapping[str, Any]
) -> Iterator[str]:
    said = value.get(attribute["sibling"])
    caption = attribute["enum"][str(id_)]["caption"]
    if said is None or (id_ != OTHER and said != caption):
        yield f"{name} {id_} is {caption!r}, not {said!r}"
