"""Asks Confluence single questions: may somebody see an item, what became of it."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from typing import Protocol, TypeVar

from msgspec.json import Decoder, encode

from casb_sdk import Level, Space
from casb_sdk.model import ANONYMOUS_ID
from connector.atlassian import content_payloads, endpoints, payloads
from connector.atlassian.capabilities import Query
from connector.atlassian.chunks import chunks
from connector.atlassian.client import Call
from connector.atlassian.endpoints import Endpoint
from connector.atlassian.failures import CallFailedError
from connector.atlassian.normalise import text_of
from connector.atlassian.paging import Walker
from connector.atlassian.payloads import Id, Listing
from connector.domain.forecast import SPACES_PER_COUNT
from connector.domain.reading import Fate, Verdict
from connector.domain.together import together

IDS_PER_CALL = 250
LIMIT = ("limit", str(IDS_PER_CALL))
GONE = frozenset({"trashed", "deleted"})
PAGE_STATUSES = "current,archived,deleted,trashed"
POST_STATUSES = "current,deleted,trashed"
SPACE_STATUSES = ("current", "archived", "trashed")
NO_CONFLUENCE = "not allowed to use confluence"
ANY_CONTENT = Query()
OPERATIONS = {Level.VIEW: "read", Level.EDIT: "update", Level.ADMIN: "update"}

Fates = dict[str, Fate]


class Row(Protocol):
    """Something listed by id."""

    @property
    def id(self) -> Id:
        """The id."""
        ...

    @property
    def status(self) -> str | None:
        """The status."""
        ...


RowT = TypeVar("RowT", bound=Row)


@dataclass(slots=True)
class Found:
    """What listings said of some ids, and whether they said all of it."""

    fates: Fates = field(default_factory=dict)
    is_whole: bool = True

    def __or__(self, other: "Found") -> "Found":
        """Return what both say."""
        return Found(self.fates | other.fates, self.is_whole and other.is_whole)

    def all_of(self, ids: Sequence[str]) -> Fates:
        """Return the fate of each id; not listed means not visible."""
        rest = Fate.NOT_VISIBLE if self.is_whole else Fate.UNASKED
        return dict.fromkeys(ids, rest) | self.fates


@dataclass(frozen=True, slots=True)
class Asker:
    """Single questions about one site; an answer that failed is no answer."""

    walker: Walker

    async def verdict(self, account_id: str, content_id: str, level: Level) -> Verdict:
        """Return whether an account reaches an item at a level."""
        question = {
            "subject": {"type": "user", "identifier": account_id},
            "operation": OPERATIONS[level],
        }
        call = Call(endpoints.CHECK, {"id": content_id}, body=encode(question))
        try:
            body = await self.walker.client.fetch(call, payloads.CHECK)
        except CallFailedError:
            return Verdict.UNANSWERED
        if body.has_permission is None:
            return Verdict.UNANSWERED
        if body.has_permission:
            return Verdict.ALLOWED
        said = " ".join(_texts(body.errors)).casefold()
        return Verdict.NO_CONFLUENCE if NO_CONFLUENCE in said else Verdict.DENIED

    async def anonymous_verdict(self, content_id: str) -> Verdict:
        """Return whether anonymous people reach an item, or Confluence at all."""
        return await self.verdict(ANONYMOUS_ID, content_id, Level.VIEW)

    async def count(
        self, spaces: Sequence[Space], query: Query = ANY_CONTENT
    ) -> int | None:
        """Return how many items a query lists in some spaces, if the site says so."""
        counts = await together(
            self._count(chunk, query) for chunk in chunks(spaces, SPACES_PER_COUNT)
        )
        known = [count for count in counts if count is not None]
        return sum(known) if len(known) == len(counts) else None

    async def _count(self, spaces: Sequence[Space], query: Query) -> int | None:
        cql = query.cql(spaces)
        call = Call(endpoints.COUNT, params=(("cql", cql), ("limit", "1")))
        try:
            body = await self.walker.client.fetch(call, payloads.COUNT)
        except CallFailedError:
            return None
        return body.total

    async def content_fates(self, content_ids: Collection[str]) -> Mapping[str, Fate]:
        """Return what became of items: what is no page may be a blog post."""
        fates: Fates = {}
        for chunk in _askable(content_ids):
            pages = _by_id(endpoints.PAGES, "id", chunk, PAGE_STATUSES)
            found = await self._found(pages, content_payloads.PAGES)
            left = [id_ for id_ in chunk if id_ not in found.fates]
            if left:
                posts = _by_id(endpoints.BLOGPOSTS, "id", left, POST_STATUSES)
                found |= await self._found(posts, content_payloads.PAGES)
            fates |= found.all_of(chunk)
        return dict.fromkeys(content_ids, Fate.UNASKED) | fates

    async def space_fates(self, space_ids: Collection[str]) -> Mapping[str, Fate]:
        """Return what became of spaces."""
        fates: Fates = {}
        for chunk in _askable(space_ids):
            answers = await together(
                self._found(
                    _by_id(endpoints.SPACES, "ids", chunk, status), payloads.SPACES
                )
                for status in SPACE_STATUSES
            )
            fates |= reduce(or_, answers).all_of(chunk)
        return dict.fromkeys(space_ids, Fate.UNASKED) | fates

    async def _found(self, call: Call, decoder: Decoder[Listing[RowT]]) -> Found:
        found = Found()
        try:
            async for page in self.walker.pages(call, decoder):
                for row in page.rows:
                    gone = row.status in GONE
                    found.fates[text_of(row.id)] = (
                        Fate.DELETED if gone else Fate.PRESENT
                    )
        except CallFailedError:
            found.is_whole = False
        return found


def _by_id(endpoint: Endpoint, name: str, ids: Sequence[str], statuses: str) -> Call:
    params = ((name, ",".join(ids)), ("status", statuses), LIMIT)
    return Call(endpoint, params=params)


def _askable(ids: Collection[str]) -> Iterator[Sequence[str]]:
    """Yield ids in calls; one that is no number would spoil its whole call."""
    return chunks(sorted(filter(str.isdigit, ids)), IDS_PER_CALL)


def _texts(errors: object) -> Iterator[str]:
    """Yield every text in an error list, however it is nested."""
    if isinstance(errors, str):
        yield errors
    elif isinstance(errors, dict):
        yield from _texts(list(errors.values()))
    elif isinstance(errors, list):
        for error in errors:
            yield from _texts(error)
