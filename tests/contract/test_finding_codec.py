"""A finding comes back from its bytes as it was, and the bytes tell no names."""

from dataclasses import fields, replace

from hypothesis import given

from casb_sdk import (
    Audience,
    ExposedPrincipal,
    Finding,
    ItemRef,
    Level,
    Path,
    Principal,
    Resource,
    RestrictionStep,
    Via,
)
from casb_sdk.exposed import Access, ExposedPeople, each_access
from connector.store.finding_codec import encode_finding
from connector.store.finding_draft import Draft
from tests.contract.finding_words import GUS, any_finding, finding_on


@given(any_finding)
def test_any_finding_comes_back_as_it_was(finding: Finding) -> None:
    encoded = encode_finding(finding)

    draft = Draft.of(encoded.evidence, encoded.titles)

    assert draft.finding(encoded.names) == finding
    assert set(draft.account_ids) >= encoded.names.keys()


@given(any_finding)
def test_what_principals_share_is_written_as_if_each_had_its_own(
    finding: Finding,
) -> None:
    people = tuple(exposed.principal for exposed in finding.principals)
    shared = [
        Access(*(getattr(exposed, field.name) for field in fields(Access)))
        for exposed in finding.principals
    ]

    sharing = replace(finding, principals=ExposedPeople(people, shared))

    assert sharing == finding
    assert encode_finding(sharing) == encode_finding(finding)


def test_what_principals_share_is_written_once() -> None:
    group = Path(Via.GROUP, "read", "space", group_id="friends")
    shared = Access(Level.VIEW, (group,))
    people = tuple(Principal(f"p{n}", Audience.EXTERNAL) for n in range(3))
    own = ExposedPrincipal(Principal("own", Audience.EXTERNAL), Level.VIEW, (group,))

    sharing = replace(finding_on("1"), principals=ExposedPeople(people, [shared] * 3))
    beside = replace(sharing, principals=(*sharing.principals, own))

    for finding in (sharing, beside):
        assert encode_finding(finding).evidence.count(b"friends") == 1


def test_principals_that_shared_an_access_share_it_when_read() -> None:
    people = tuple(Principal(f"p{n}", Audience.EXTERNAL) for n in range(3))
    accesses = [Access(Level.VIEW), Access(Level.EDIT)]
    principals = ExposedPeople(people, [accesses[n] for n in (0, 1, 0)])
    encoded = encode_finding(replace(finding_on("1"), principals=principals))

    read = Draft.of(encoded.evidence, encoded.titles).finding({})

    first, second, third = each_access(read.principals)
    assert first is third is not second
    assert (first.level, second.level) == (Level.VIEW, Level.EDIT)


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
