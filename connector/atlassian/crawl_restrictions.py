"""Reads the whole restriction lists of one item from the endpoint of their own."""

from dataclasses import dataclass

from casb_sdk import GapKind, Restriction
from casb_sdk.model import OPEN, NodeState
from connector.atlassian import content_payloads as payloads
from connector.atlassian import endpoints
from connector.atlassian.client import Call, ConfluenceClient
from connector.atlassian.failures import CallFailedError, Nature, PagingBrokeError
from connector.atlassian.normalise_content import Cast, Listed
from connector.atlassian.notebook import Notebook
from connector.domain.reading import RestrictionReading
from connector.domain.together import together

SUBJECTS_PER_PAGE = 100
READ = "read"
UPDATE = "update"
NOT_FOUND = 404


@dataclass(frozen=True, slots=True)
class RestrictionCrawler:
    """The restrictions of one site's items, one by one."""

    client: ConfluenceClient

    async def restrictions(self, content_id: str, line: int = 0) -> RestrictionReading:
        """Return both lists of an item; MISSING where it is not there any more."""
        cast = Cast()
        try:
            read, update = await self._both(content_id, cast, line)
        except CallFailedError as error:
            if error.status == NOT_FOUND:
                return RestrictionReading(content_id, state=NodeState.MISSING)
            book = Notebook()
            book.gap(GapKind.RESTRICTION, content_id, error.reason)
            return RestrictionReading(
                content_id, state=NodeState.UNREADABLE, coverage=book.coverage
            )
        return RestrictionReading(
            content_id,
            read,
            update,
            accounts=tuple(cast.accounts),
            groups=tuple(cast.groups),
        )

    async def _both(
        self, content_id: str, cast: Cast, line: int
    ) -> tuple[Restriction, Restriction]:
        call = Call(
            endpoints.RESTRICTION,
            {"id": content_id},
            (
                ("expand", "restrictions.user,restrictions.group"),
                ("limit", str(SUBJECTS_PER_PAGE)),
            ),
            line=line,
        )
        body = await self.client.fetch(call, payloads.RESTRICTION)
        shown = {lists.operation: cast.listed(lists) for lists in body.results}

        async def whole(operation: str) -> Restriction:
            listed = shown.get(operation)
            if listed is None or not listed.is_whole:
                return await self._paged(content_id, operation, cast)
            return listed.restriction

        read, update = await together([whole(READ), whole(UPDATE)])
        return read, update

    async def _paged(self, content_id: str, operation: str, cast: Cast) -> Restriction:
        """Return one list page by page; users and groups share the window."""
        whole = OPEN
        start = 0
        while True:
            listed = await self._window(content_id, operation, start, cast)
            part = listed.restriction
            if not listed.is_whole and not part and start:
                return whole
            both = Restriction(whole.users | part.users, whole.groups | part.groups)
            if listed.is_whole:
                return both
            if both == whole:
                raise PagingBrokeError(endpoints.RESTRICTION_OF.name)
            whole = both
            start += SUBJECTS_PER_PAGE

    async def _window(
        self, content_id: str, operation: str, start: int, cast: Cast
    ) -> Listed:
        call = Call(
            endpoints.RESTRICTION_OF,
            {"id": content_id, "operationKey": operation},
            (("start", str(start)), ("limit", str(SUBJECTS_PER_PAGE))),
        )
        body = await self.client.fetch(call, payloads.RESTRICTION_OF)
        listed = cast.listed(body)
        if listed is None:
            raise CallFailedError(call.endpoint.name, "shape", nature=Nature.PASSING)
        return listed
