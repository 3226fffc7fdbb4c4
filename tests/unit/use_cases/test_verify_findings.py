"""Confluence is asked about what the model says, and its answer wins (1.10)."""

from dataclasses import replace

import pytest

from casb_sdk import Affected, Audience, Finding, ItemRef, Level, Refusal
from casb_sdk.testing import SiteBuilder
from connector.domain.reading import Verdict
from connector.use_cases.verify_findings import (
    SAMPLE_PER_SPACE,
    Answers,
    answers_to,
)
from tests.fakes.reader import FakeReader, Trouble
from tests.unit.domain.findings import on_page, on_space, somebody

DEAD = Refusal("ghost")
ITEM = Affected(1, (ItemRef("page", "P", "P"),))


def finding(*names: str, audience: Audience = Audience.EXTERNAL) -> Finding:
    """Return a finding on a page that somebody can edit."""
    who = (somebody(name, audience=audience) for name in names)
    return on_page("P", *(replace(exposed, affected=ITEM) for exposed in who))


def reader(**verdicts: Verdict) -> FakeReader:
    return FakeReader(SiteBuilder().snapshot(), Trouble(verdicts=dict(verdicts)))


async def test_an_allowed_principal_stays() -> None:
    asked = reader(gus=Verdict.ALLOWED)

    assert await answers_to([finding("gus")], "", asked) == Answers()
    assert asked.calls == ["verdict gus P edit"]


async def test_a_denied_principal_is_refused_at_that_resource() -> None:
    said = await answers_to([finding("gus")], "", reader(gus=Verdict.DENIED))

    assert said.refusals == {Refusal("gus", "P", Level.EDIT)}


async def test_an_account_that_may_not_use_confluence_is_refused_everywhere() -> None:
    said = await answers_to([finding("gus")], "", reader(gus=Verdict.NO_CONFLUENCE))

    assert said.refusals == {Refusal("gus")}


async def test_a_closed_site_does_not_refuse_the_anonymous() -> None:
    open_page = finding("anonymous", audience=Audience.ANONYMOUS)

    said = await answers_to([open_page], "", reader(anonymous=Verdict.NO_CONFLUENCE))

    assert said.refusals == frozenset()


async def test_no_answer_refuses_nobody() -> None:
    said = await answers_to([finding("gus")], "", reader(gus=Verdict.UNANSWERED))

    assert said.refusals == frozenset()


async def test_the_same_question_is_asked_once() -> None:
    asked = reader()

    await answers_to([finding("gus"), finding("gus", "eve")], "", asked)

    assert sorted(asked.calls) == ["verdict eve P edit", "verdict gus P edit"]


async def test_every_unknown_is_asked_about_and_a_sample_of_the_others() -> None:
    unknown = [f"ghost-{number}" for number in range(SAMPLE_PER_SPACE + 10)]
    guests = [f"guest-{number}" for number in range(SAMPLE_PER_SPACE + 10)]
    asked = reader()

    await answers_to(
        [finding(*guests), finding(*unknown, audience=Audience.UNKNOWN)], "", asked
    )

    names = [call.split()[1].partition("-")[0] for call in asked.calls]
    assert names.count("ghost") == len(unknown)
    assert names.count("guest") == SAMPLE_PER_SPACE


async def test_who_reaches_no_content_is_asked_about_with_any_item() -> None:
    ghost = on_space(somebody("ghost", audience=Audience.UNKNOWN))
    asked = reader(ghost=Verdict.NO_CONFLUENCE)

    assert await answers_to([ghost], "X", asked) == Answers(frozenset({DEAD}))
    assert await answers_to([ghost], "", reader()) == Answers()


async def test_what_confluence_denies_although_the_model_allows_it_is_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    findings = [finding("gus", "eve", "olga"), finding("gus")]
    asked = reader(gus=Verdict.DENIED, eve=Verdict.NO_CONFLUENCE)

    said = await answers_to(findings, "", asked)

    assert set(said.mismatches) == {
        "model_mismatch: Confluence denies edit to gus on item P; its answer counts",
        "model_mismatch: Confluence lets eve in nowhere; its answer counts",
    }
    assert all(mismatch in caplog.text for mismatch in said.mismatches)


async def test_a_dead_account_and_a_closed_site_are_no_fault_of_the_model() -> None:
    ghost = finding("ghost", audience=Audience.UNKNOWN)
    anybody = finding("anonymous", audience=Audience.ANONYMOUS)
    none = Verdict.NO_CONFLUENCE

    said = await answers_to([ghost, anybody], "", reader(ghost=none, anonymous=none))

    assert said == Answers(frozenset({DEAD}))
