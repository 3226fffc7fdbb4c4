"""Asks Confluence about what the model says; its answer wins (access-model 1.10)."""

import logging
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from casb_sdk import Audience, Finding, Level, Refusal
from connector.domain.ports import SiteReader
from connector.domain.reading import Verdict
from connector.domain.together import together

logger = logging.getLogger(__name__)

SAMPLE_PER_SPACE = 50
MISMATCH = "model_mismatch"
SHUT_OUT = frozenset({Audience.ANONYMOUS, Audience.UNKNOWN})
"""Whom Confluence may shut out altogether without the model being wrong."""


@dataclass(frozen=True, slots=True)
class Answers:
    """What Confluence refuses of what findings claim, and where the model was wrong.

    A dead account is refused and is no mismatch: the model cannot know of it.
    """

    refusals: frozenset[Refusal] = frozenset()
    mismatches: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """Can this account do this to that item, and what falls if it cannot.

    Without a resource id the item is any of a space, and only whether the account
    may use Confluence at all is asked.
    """

    account_id: str
    audience: Audience
    content_id: str
    resource_id: str
    level: Level


async def answers_to(
    findings: Sequence[Finding], any_item: str, reader: SiteReader
) -> Answers:
    """Return what Confluence says to what the findings claim.

    Every UNKNOWN principal is asked about, and a sample of the others. Who reaches
    no content is asked about with any item of the space, if it has one.
    """
    questions = list(dict.fromkeys(_questions(findings)))
    unknown = [q for q in questions if q.audience is Audience.UNKNOWN]
    others = [q for q in questions if q.audience is not Audience.UNKNOWN]
    asked = unknown + others[:SAMPLE_PER_SPACE]
    if any_item:
        asked += _about_the_rest(findings, {q.account_id for q in unknown}, any_item)
    verdicts = await together(
        reader.verdict(q.account_id, q.content_id, q.level) for q in asked
    )
    answered = list(zip(asked, verdicts, strict=True))
    mismatches = dict.fromkeys(_mismatches(answered))
    for mismatch in mismatches:
        logger.warning(mismatch)
    return Answers(frozenset(_refusals(answered)), tuple(mismatches))


def _questions(findings: Iterable[Finding]) -> Iterator[Question]:
    for finding in findings:
        for exposed in finding.principals:
            if exposed.affected and exposed.affected.sample:
                yield Question(
                    exposed.principal.id,
                    exposed.principal.audience,
                    exposed.affected.sample[0].id,
                    finding.resource.id,
                    finding.level,
                )


def _about_the_rest(
    findings: Iterable[Finding], asked: Collection[str], any_item: str
) -> Iterator[Question]:
    """Yield a question about each UNKNOWN principal that nobody asked about yet."""
    unknown = {
        exposed.principal.id
        for finding in findings
        for exposed in finding.principals
        if exposed.principal.audience is Audience.UNKNOWN
    }
    for account_id in sorted(unknown.difference(asked)):
        yield Question(account_id, Audience.UNKNOWN, any_item, "", Level.VIEW)


def _refusals(answers: Iterable[tuple[Question, Verdict]]) -> Iterator[Refusal]:
    for question, verdict in answers:
        is_anonymous = question.audience is Audience.ANONYMOUS
        if verdict is Verdict.NO_CONFLUENCE and not is_anonymous:
            logger.info("account %s is dead to Confluence", question.account_id)
            yield Refusal(question.account_id)
        elif verdict is Verdict.DENIED and question.resource_id:
            yield Refusal(question.account_id, question.resource_id, question.level)


def _mismatches(answers: Iterable[tuple[Question, Verdict]]) -> Iterator[str]:
    """Yield what Confluence denies although the model allows it."""
    for question, verdict in answers:
        who = question.account_id
        if verdict is Verdict.DENIED and question.resource_id:
            what = f"denies {question.level} to {who} on item {question.content_id}"
            yield f"{MISMATCH}: Confluence {what}; its answer counts"
        elif verdict is Verdict.NO_CONFLUENCE and question.audience not in SHUT_OUT:
            yield f"{MISMATCH}: Confluence lets {who} in nowhere; its answer counts"
