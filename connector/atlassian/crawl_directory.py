"""Reads the frame of a site: its spaces, groups and roles, and who installed us."""

from dataclasses import dataclass, field, replace

from casb_sdk import GapKind, Group, Role, Site, Space
from casb_sdk.content import id_order
from casb_sdk.model import RoleMode
from connector.atlassian import endpoints, payloads
from connector.atlassian.client import Call
from connector.atlassian.failures import CallFailedError
from connector.atlassian.normalise import group_from, role_from, space_from
from connector.atlassian.notebook import Notebook
from connector.atlassian.paging import Walker
from connector.domain.reading import SiteOutline
from connector.domain.together import together

V2_LIMIT = ("limit", "250")
GROUPS_LIMIT = ("limit", "200")
ACCESS_TYPES = ("user", "admin", "site-admin")
ROLE_MODE_TRIES = 3
CURRENT = "current"
ARCHIVED = "archived"


@dataclass(slots=True)
class Draft:
    """An outline under way, filled by steps that run at once."""

    book: Notebook = field(default_factory=Notebook)
    spaces: dict[str, Space] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    access_types: dict[str, set[str]] = field(default_factory=dict)
    roles: dict[str, Role] = field(default_factory=dict)
    role_mode: str = RoleMode.PRE_ROLES
    product_groups_read: bool = True
    installing_account: str = ""

    def all_groups(self) -> tuple[Group, ...]:
        """Return every group with the product access it gives."""
        return tuple(
            replace(group, access_types=frozenset(self.access_types.get(id_, ())))
            for id_, group in sorted(self.groups.items())
        )


@dataclass(frozen=True, slots=True)
class DirectoryCrawler:
    """The frame of one site; ``groups`` keeps the groups for later steps."""

    walker: Walker
    site: Site
    groups: dict[str, Group]

    async def outline(self) -> SiteOutline:
        """Return the frame; without the first page of spaces there is no scan."""
        draft = Draft()
        await together(
            [
                self._roles(draft),
                self._spaces(draft, CURRENT),
                self._spaces(draft, ARCHIVED),
                self._installing_account(draft),
                self._groups(draft),
                *(self._groups(draft, access) for access in ACCESS_TYPES),
            ]
        )
        groups = draft.all_groups()
        self.groups.update({group.id: group for group in groups})
        return SiteOutline(
            site=self.site,
            spaces=tuple(sorted(draft.spaces.values(), key=lambda s: id_order(s.id))),
            groups=groups,
            roles=tuple(draft.roles.values()),
            role_mode=draft.role_mode,
            product_groups_read=draft.product_groups_read,
            installing_account=draft.installing_account,
            coverage=draft.book.coverage,
        )

    async def _spaces(self, draft: Draft, status: str) -> None:
        call = Call(endpoints.SPACES, params=(("status", status), V2_LIMIT))
        pages = 0
        try:
            async for page in self.walker.pages(call, payloads.SPACES):
                pages += 1
                for space in filter(None, map(space_from, page.rows)):
                    draft.spaces[space.id] = space
        except CallFailedError as error:
            if status == CURRENT and not pages:
                raise error.as_fatal() from error
            draft.book.gap(GapKind.SPACES, status, error.reason)

    async def _groups(self, draft: Draft, access: str = "") -> None:
        filter_ = (("accessType", access),) if access else ()
        call = Call(endpoints.GROUPS, params=(*filter_, GROUPS_LIMIT))
        try:
            async for page in self.walker.pages(call, payloads.GROUPS):
                for group in filter(None, map(group_from, page.rows)):
                    draft.groups.setdefault(group.id, group)
                    if access:
                        draft.access_types.setdefault(group.id, set()).add(access)
        except CallFailedError as error:
            draft.book.gap(GapKind.GROUPS, access, error.reason)
            draft.product_groups_read &= not access

    async def _roles(self, draft: Draft) -> None:
        try:
            body = await self.walker.client.fetch(
                Call(endpoints.ROLE_MODE, tries=ROLE_MODE_TRIES), payloads.ROLE_MODE
            )
        except CallFailedError as error:
            # Sites that never heard of roles answer with all sorts of errors.
            draft.book.note(f"role_mode_unread:{error.reason}")
            return
        draft.role_mode = body.mode
        if body.mode == RoleMode.PRE_ROLES:
            return
        call = Call(endpoints.ROLES, params=(V2_LIMIT,))
        try:
            async for page in self.walker.pages(call, payloads.ROLES):
                draft.roles |= {role.id: role for role in map(role_from, page.rows)}
        except CallFailedError as error:
            draft.book.gap(GapKind.ROLE, "", error.reason)

    async def _installing_account(self, draft: Draft) -> None:
        try:
            user = await self.walker.client.fetch(
                Call(endpoints.CURRENT_USER), payloads.USER
            )
        except CallFailedError as error:
            draft.book.note(f"installing_account_unread:{error.reason}")
            return
        draft.installing_account = user.account_id or ""
