"""A rendered row of the feed, joined, is the native finding; apart, it names nobody."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import UTC, datetime

import orjson
import pytest
from hypothesis import given

from casb_sdk import Audience, Finding, Principal, Resource
from connector.domain.feed import FeedPosition
from connector.domain.feed_body import PUBLIC, SITE, Fillings, filling, person_of
from connector.domain.finding_state import Change, ChangeType
from connector.export.feed_body import INSIDE, WHOLE, feed_body
from connector.export.native import native_change
from connector.export.text import well_formed
from tests.contract.finding_words import any_finding, finding_on, tracked

SITE_URL = "https://acme.atlassian.net"
PUBLIC_URL = "https://casb.acme.example"
NOW = datetime(2026, 11, 23, 9, 30, 0, 5, UTC)
POSITION = FeedPosition(7, NOW)


def created(finding: Finding) -> Change:
    return Change(ChangeType.CREATED, tracked(finding))


def names_in(finding: Finding) -> dict[str, str]:
    """Return what people are called, as the store would have it."""
    names = {p.principal.id: p.principal.display_name for p in finding.principals}
    if finding.resource.type == "account":
        names[finding.resource.id] = finding.resource.title
    return {id_: name for id_, name in names.items() if name}


def as_json(change: Change, names: Mapping[str, str]) -> bytes:
    """Return a change rendered and joined with names and addresses."""

    def learn(keys: Collection[bytes]) -> dict[bytes, bytes]:
        texts = {key: names.get(person_of(key)) for key in keys}
        return {
            key: filling(key, orjson.dumps(well_formed(name)) if name else None)
            for key, name in texts.items()
        }

    fillings = Fillings({SITE: SITE_URL.encode(), PUBLIC: PUBLIC_URL.encode()}, learn)
    [text] = fillings.texts([feed_body(change, POSITION)])
    return text


def test_a_rendered_row_is_the_native_change() -> None:
    change = created(finding_on("1", title="Plans"))

    sent = orjson.loads(as_json(change, {"gus": "Gus"}))

    assert sent == native_change(
        change, POSITION, site_url=SITE_URL, public_url=PUBLIC_URL
    )


def test_many_bodies_are_joined_as_each_alone() -> None:
    changes = [created(finding_on(str(n), title=f"Page {n}")) for n in range(3)]
    asked = list[frozenset[bytes]]()

    def learn(keys: Collection[bytes]) -> dict[bytes, bytes]:
        asked.append(frozenset(keys))
        return {key: filling(key, b'"Gus"') for key in keys}

    fillings = Fillings({SITE: b"", PUBLIC: b""}, learn)
    bodies = [feed_body(change, POSITION) for change in changes]

    lines = fillings.lines(bodies)

    assert lines == b"".join(text + b"\n" for text in fillings.texts(bodies))
    assert len(lines.splitlines()) == len(changes)
    assert asked == [frozenset({b"ngus"})]


@given(any_finding)
def test_apart_a_row_names_nobody(finding: Finding) -> None:
    secret = "Zaphod"
    people = (
        replace(each, principal=replace(each.principal, display_name=secret))
        for each in finding.principals
        if each.principal.audience is not Audience.ANONYMOUS
    )
    named = replace(finding, principals=tuple(people))
    if finding.resource.type == "account" or finding.resource.key.startswith("~"):
        named = replace(named, resource=replace(named.resource, title=secret))

    assert secret.encode() not in feed_body(created(named), POSITION)


@given(any_finding)
def test_whatever_a_finding_says_joins_to_valid_json(finding: Finding) -> None:
    change = created(finding)

    sent = orjson.loads(as_json(change, names_in(finding)))

    expected = native_change(change, POSITION)
    for name in ("level", "cause", "confidence", "labels", "evidence"):
        assert sent[name] == expected[name]
    assert len(sent["principals"]) == len(finding.principals)


@pytest.mark.parametrize("mark", [WHOLE, INSIDE])
def test_a_stranger_cannot_write_a_hole(mark: str) -> None:
    url = f"/{mark}ngus{mark}"
    hostile = replace(
        finding_on("1", title=f"{mark}ngus{mark}"),
        resource=Resource("page", "1", "", f"{mark}t{mark}", url, mark),
    )

    sent = orjson.loads(as_json(created(hostile), {"gus": "Gus"}))

    assert "Gus" not in sent["resource"]["title"] + sent["resource"]["url"]
    assert mark not in orjson.dumps(sent["resource"]).decode()


@pytest.mark.parametrize("title", ["%(ngus)b", "%", "100 %%", "%s %d %", "%%(ngus)b"])
def test_a_percent_sign_is_a_percent_sign(title: str) -> None:
    finding = finding_on("1", title=title)
    there = replace(finding, resource=replace(finding.resource, url="/a%20b%(ngus)b"))

    sent = orjson.loads(as_json(created(there), {"gus": "Gus"}))

    assert sent["resource"]["title"] == title
    assert sent["resource"]["url"] == f"{SITE_URL}/a%20b%(ngus)b"


@pytest.mark.parametrize("account_id", ["a(b", "a)b", "%", "%(p)b", 'a"b', "(\\)"])
def test_any_account_id_finds_its_name(account_id: str) -> None:
    principal = Principal(account_id, Audience.EXTERNAL)
    change = created(finding_on("1", principal=principal))

    sent = orjson.loads(as_json(change, {account_id: "Ann 100%"}))

    [told] = sent["principals"]
    assert (told["account_id"], told["display_name"]) == (account_id, "Ann 100%")


def test_no_title_ends_a_line() -> None:
    change = created(finding_on("1", title="Home\u2028forged\u0085\u2029"))

    text = as_json(change, {}).decode()

    assert len(text.splitlines()) == 1
    assert orjson.loads(text)["resource"]["title"] == "Home\u2028forged\u0085\u2029"
