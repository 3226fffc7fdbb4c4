"""Names in rendered rows of the feed: joined when read, and gone when erased."""

from typing import Any

import orjson
import pytest

from casb_sdk import Audience, Directory, Principal, Site
from casb_sdk.model import Account
from connector.domain.feed import FeedQuery
from connector.domain.finding_state import Change, ChangeType
from connector.domain.store_ports import Begin
from tests.contract.feeding import render
from tests.contract.finding_words import finding_on, tracked


def told(begin: Begin) -> list[Any]:
    with begin(write=False) as stores:
        pieces = [p for it in stores.feed.lines(FeedQuery()) for p in it.pieces]
    return [orjson.loads(line) for line in b"".join(pieces).splitlines()]


@pytest.mark.parametrize("name", ["Gus 100%", "50% Gus", "Gus %(p)b", "%%%"])
def test_an_erased_name_with_a_percent_sign_is_gone(begin: Begin, name: str) -> None:
    account = Account("gus", name, account_status="active")
    who = Principal("gus", Audience.EXTERNAL, display_name=name)
    finding = finding_on("1", title=f"About {name}, 100%", principal=who)
    with begin() as stores:
        directory = Directory(Site("acme"), accounts={"gus": account})
        stores.snapshots.save_directory("acme", "scan", directory)
        stores.findings.save([Change(ChangeType.CREATED, tracked(finding))])
    render(begin)
    [before] = told(begin)
    assert before["resource"]["title"] == f"About {name}, 100%"

    with begin() as stores:
        stores.accounts.erase(["gus"], None)

    [after] = told(begin)
    assert name not in orjson.dumps(after).decode()
    assert after["principals"][0]["display_name"] is None
    assert after["resource"]["title"].endswith(", 100%")


def test_every_name_is_joined_whichever_batch_it_is_in(begin: Begin) -> None:
    people = [
        Principal(f"p{n}", Audience.EXTERNAL, display_name=f"Name {n}")
        for n in range(40)
    ]
    with begin() as stores:
        stores.findings.save(
            Change(ChangeType.CREATED, tracked(finding_on(str(n), principal=who)))
            for n, who in enumerate(people)
        )
    render(begin)

    names = [row["principals"][0]["display_name"] for row in told(begin)]

    assert names == [who.display_name for who in people]
