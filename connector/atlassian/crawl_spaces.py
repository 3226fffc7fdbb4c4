"""Reads who was given what on a space: permissions, or roles where they are all."""

from dataclasses import dataclass

from casb_sdk import GapKind, Grant, RoleAssignment, Space
from casb_sdk.model import RoleMode
from connector.atlassian import endpoints, payloads
from connector.atlassian.client import Call
from connector.atlassian.failures import CallFailedError
from connector.atlassian.normalise import assignment_from, grant_from
from connector.atlassian.notebook import Notebook
from connector.atlassian.paging import Walker
from connector.domain.reading import SpaceGrants

LIMIT = (("limit", "250"),)


@dataclass(frozen=True, slots=True)
class SpaceCrawler:
    """The grants on the spaces of one site."""

    walker: Walker

    async def grants(self, space: Space, role_mode: str) -> SpaceGrants:
        """Return the grants of a space; a list that broke keeps what was read.

        A site in transition lists the roles among the permissions as well, so only
        one that is done with permissions is asked for its fewer role assignments.
        """
        book = Notebook()
        if role_mode == RoleMode.ROLES:
            try:
                assignments = await self._assignments(space, book)
            except CallFailedError as error:
                book = Notebook()
                book.note(f"role_assignments_unread:{space.id}:{error.reason}")
            else:
                return SpaceGrants(
                    space.id, assignments=assignments, coverage=book.coverage
                )
        grants = await self._permissions(space, book)
        return SpaceGrants(space.id, grants, coverage=book.coverage)

    async def _permissions(self, space: Space, book: Notebook) -> tuple[Grant, ...]:
        call = Call(endpoints.PERMISSIONS, {"id": space.id}, LIMIT)
        grants: dict[Grant, None] = {}
        try:
            async for page in self.walker.pages(call, payloads.PERMISSIONS):
                for row in page.rows:
                    if grant := grant_from(row, book.unknown):
                        grants[grant] = None
        except CallFailedError as error:
            book.gap(GapKind.GRANTS, space.id, error.reason)
        return tuple(grants)

    async def _assignments(
        self, space: Space, book: Notebook
    ) -> tuple[RoleAssignment, ...]:
        call = Call(endpoints.ASSIGNMENTS, {"id": space.id}, LIMIT)
        assignments: dict[RoleAssignment, None] = {}
        async for page in self.walker.pages(call, payloads.ASSIGNMENTS):
            for row in page.rows:
                if assignment := assignment_from(row, book.unknown):
                    assignments[assignment] = None
        return tuple(assignments)
