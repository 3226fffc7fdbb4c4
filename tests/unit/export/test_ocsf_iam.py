"""The class 2008 is valid in every version that has it."""

import pytest
from jsonschema import Draft202012Validator
from ocsf_json_schema import OcsfJsonSchemaEmbedded

from casb_sdk import Finding
from connector.domain.export_forms import IAM_ANALYSIS_SINCE, OCSF_VERSIONS
from connector.export.native import native_change
from connector.export.ocsf import VERSIONS, ocsf_event_of
from connector.export.ocsf_iam import as_iam_finding
from connector.export.redaction import without_evidence
from tests.unit.export.factory import TYPES, change, rich_finding
from tests.unit.export.ocsf_schema import schema_of

NEW_VERSIONS = OCSF_VERSIONS[OCSF_VERSIONS.index(IAM_ANALYSIS_SINCE) :]


def validator_of(version: str) -> Draft202012Validator:
    schema = OcsfJsonSchemaEmbedded(schema_of(version)).get_class_schema(
        "iam_analysis_finding"
    )
    return Draft202012Validator(schema)


def test_the_versions_are_those_that_can_be_written() -> None:
    assert OCSF_VERSIONS == VERSIONS


@pytest.mark.parametrize("version", NEW_VERSIONS)
@pytest.mark.parametrize("with_evidence", [True, False])
def test_every_finding_type_is_a_valid_analysis(
    version: str, with_evidence: bool
) -> None:
    validator = validator_of(version)
    subjects: list[Finding | str] = [*TYPES, rich_finding()]
    for what in subjects:
        native = native_change(change(what=what))
        row = native if with_evidence else without_evidence(native)

        event = as_iam_finding(ocsf_event_of(row, version), row)

        assert [error.message for error in validator.iter_errors(event)] == []
        assert event["type_uid"] == 200801
