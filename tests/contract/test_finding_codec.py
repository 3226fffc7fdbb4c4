"""A finding comes back from its bytes as it was, and the bytes tell no names."""

from dataclasses import fields, replace

from hypothesis import given

from casb_sdk import (
    ExposedPrincipal,
    Finding,
    ItemRef,
    Path,
    Principal,
    Resource,
    RestrictionStep,
)
from connector.store.finding_codec import Draft, encode_finding
from tests.contract.finding_words import GUS, any_finding, finding_on


@given(any_finding)
def test_any_finding_comes_back_as_it_was(finding: Finding) -> None:
    encoded = encode_finding(finding)

    draft = Draft.of(encoded.evidence, encoded.titles)

    assert draft.finding(encoded.names) == finding
    assert set(draft.account_ids) >= encoded.names.keys()


def test_the_evidence_holds_neither_names_nor_titles() -> None:
    finding = finding_on("100001", title="Salaries", principal=GUS)

    encoded = encode_finding(finding)

    assert b"Gus" not in encoded.evidence + encoded.titles
    assert b"Salaries" not in encoded.evidence
    assert encoded.names == {"gus": "Gus"}


def test_an_account_without_a_name_goes_by_its_id() -> None:
    resource = Resource("account", "gus", title="Gus")
    encoded = encode_finding(replace(finding_on("1"), resource=resource))

    forgotten = Draft.of(encoded.evidence, encoded.titles).finding({})

    assert forgotten.resource.title == "gus"
    assert forgotten.principals[0].principal.display_name == ""


def test_a_space_and_a_page_with_one_id_keep_their_titles() -> None:
    finding = replace(
        finding_on("7", title="A page"),
        resource=Resource("space_content", "7", title="A space"),
    )
    encoded = encode_finding(finding)

    assert Draft.of(encoded.evidence, encoded.titles).finding(encoded.names) == finding


def test_every_field_of_a_finding_is_in_its_bytes() -> None:
    written = {
        Finding: 16,
        Resource: 6,
        ExposedPrincipal: 8,
        Principal: 8,
        Path: 9,
        ItemRef: 3,
        RestrictionStep: 5,
    }

    assert {cls: len(fields(cls)) for cls in written} == written
