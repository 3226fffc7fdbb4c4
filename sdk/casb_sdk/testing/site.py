"""Describes a Confluence site in the words of the domain, for tests and demos."""

from typing import Self

from casb_sdk.audience import AudiencePolicy
from casb_sdk.coverage import Coverage, Gap, GapKind
from casb_sdk.model import (
    PERSONAL_KEY_PREFIX,
    AnonymousUse,
    ContentItem,
    Level,
    NodeState,
    RoleAssignment,
    RoleMode,
    Site,
    Space,
)
from casb_sdk.snapshot import Directory, SiteSnapshot
from casb_sdk.testing.draft import SpaceDraft
from casb_sdk.testing.people import HOME_DOMAIN, PeopleWords, Who

FIRST_ITEM_ID = 100001

OPERATIONS_OF = {
    Level.VIEW: ("read/space",),
    Level.EDIT: ("read/space", "create/page", "create/blogpost"),
    Level.ADMIN: (
        "read/space",
        "create/page",
        "create/blogpost",
        "administer/space",
    ),
}


class SiteBuilder(PeopleWords):
    """A site under description: every word adds to it and returns it.

    Words about access and content speak of the space named last, and
    ``restricted_to`` of the item named last::

        site = (
            SiteBuilder()
            .guest("gus")
            .group("staff")
            .space("DOCS").allows("gus", Level.EDIT)
            .page("Home")
            .page("Salaries", under="Home").restricted_to("staff")
        )

    Spaces are numbered from 1 and items from 100001, in the order named.
    """

    def __init__(self, cloud_id: str = "acme") -> None:
        super().__init__()
        self.site = Site(cloud_id, f"https://{cloud_id}.atlassian.net", cloud_id)
        self.policy = AudiencePolicy(internal_domains=frozenset({HOME_DOMAIN}))
        self._spaces: dict[str, SpaceDraft] = {}
        self._space_named_last = ""
        self._items = 0
        self._role_mode: str = RoleMode.PRE_ROLES
        self._product_groups_read = True
        self._anonymous_use = AnonymousUse.UNVERIFIED

    def with_policy(self, policy: AudiencePolicy) -> Self:
        """Say who the operator calls internal, external or Atlassian's own."""
        self.policy = policy
        return self

    def on_roles(self, mode: str = RoleMode.ROLES) -> Self:
        """Say that the site grants access to spaces by roles."""
        self._role_mode = mode
        return self

    def anonymous_reaches(self, use: AnonymousUse) -> Self:
        """Say what Confluence answered when asked about anonymous visitors."""
        self._anonymous_use = use
        return self

    def hides_product_groups(self) -> Self:
        """Say that the groups which give product access could not be listed."""
        self._product_groups_read = False
        return self

    def space(
        self,
        key: str,
        *,
        kind: str = "global",
        status: str = "current",
        owner: str = "",
    ) -> Self:
        """Add a space, or turn to one that was named before."""
        if key not in self._spaces:
            id_ = str(len(self._spaces) + 1)
            space = Space(id_, key, key, kind, status, owner)
            self._spaces[key] = SpaceDraft(space)
        self._space_named_last = key
        return self

    def personal_space(self, owner: str) -> Self:
        """Add the personal space of an account."""
        return self.space(f"{PERSONAL_KEY_PREFIX}{owner}", kind="personal", owner=owner)

    def allows(self, who: Who, *what: Level | str) -> Self:
        """Let somebody do something in the space: a level, or single operations.

        The levels are those of the legacy grid: view, view and add, and both
        with space administration.
        """
        subject = self.subject(who)
        for level_or_operation in what:
            for operation in _operations(level_or_operation):
                self._here.grant(subject, operation)
        return self

    def assigns(self, role: str, *to: Who) -> Self:
        """Give somebody a role in the space."""
        for who in to:
            assignment = RoleAssignment(self.subject(who), self.role_id_of(role))
            self._here.assignments.append(assignment)
        return self

    def item(
        self,
        kind: str,
        title: str,
        *,
        under: str = "",
        status: str = "current",
        state: NodeState = NodeState.LISTED,
    ) -> Self:
        """Add an item of any kind; ``under`` is the title of its parent."""
        parent_id = self.id_of(under, space=self._here.space.key) if under else ""
        self._here.put(
            ContentItem(
                str(FIRST_ITEM_ID + self._items),
                kind,
                status,
                title,
                parent_id,
                state=state,
            )
        )
        self._items += 1
        return self

    def page(self, title: str, *, under: str = "", status: str = "current") -> Self:
        """Add a page."""
        return self.item("page", title, under=under, status=status)

    def homepage(self, title: str) -> Self:
        """Add the page that the space opens with."""
        self.page(title)
        self._here.make_last_item_the_homepage()
        return self

    def pages(self, count: int, *, under: str = "") -> Self:
        """Add many pages, titled ``Page 1`` and so on."""
        for number in range(1, count + 1):
            self.page(f"Page {number}", under=under)
        return self

    def blog(self, title: str, *, status: str = "current") -> Self:
        """Add a blog post."""
        return self.item("blogpost", title, status=status)

    def whiteboard(self, title: str, *, under: str = "") -> Self:
        """Add a whiteboard."""
        return self.item("whiteboard", title, under=under)

    def folder(self, title: str, *, under: str = "") -> Self:
        """Add a folder."""
        return self.item("folder", title, under=under)

    def restricted_to(self, *who: Who | Level) -> Self:
        """Name all who may view the item, or edit it if ``Level.EDIT`` comes last."""
        level = next((word for word in who if isinstance(word, Level)), Level.VIEW)
        for name in who:
            if not isinstance(name, Level):
                self._here.restrict(self.subject(name), level)
        return self

    def ancestor(self, title: str, state: NodeState, *, under: str = "") -> Self:
        """Add a page that the listing left out: read singly, missing or refused."""
        return self.item("page", title, under=under, state=state)

    def cannot_read(self, kind: GapKind, id_: str, reason: str = "403") -> Self:
        """Record a gap: of the space named last, or of the site before any."""
        gaps = self._here.gaps if self._spaces else self._site_gaps
        gaps.append(Gap(kind, id_, reason))
        return self

    def id_of(self, title: str, *, space: str = "") -> str:
        """Return the id of the item with this title, in any space or in one."""
        drafts = [self._spaces[space]] if space else self._spaces.values()
        for draft in drafts:
            if title in draft.id_of:
                return draft.id_of[title]
        raise LookupError(f"no content is titled {title!r}")

    def space_id_of(self, key: str) -> str:
        """Return the id of a space."""
        return self._spaces[key].space.id

    def snapshot(self) -> SiteSnapshot:
        """Return the site as a scan would have seen it."""
        directory = Directory(
            self.site,
            accounts=dict(self._accounts),
            groups={group.id: group for group in self._groups.values()},
            roles={role.id: role for role in self._roles.values()},
            role_mode=self._role_mode,
            product_groups_read=self._product_groups_read,
            anonymous_use=self._anonymous_use,
            coverage=Coverage(tuple(self._site_gaps)),
        )
        spaces = tuple(draft.snapshot() for draft in self._spaces.values())
        return SiteSnapshot(directory, spaces)

    @property
    def _here(self) -> SpaceDraft:
        if not self._spaces:
            raise LookupError("name a space first: .space('DOCS')")
        return self._spaces[self._space_named_last]


def _operations(level_or_operation: Level | str) -> tuple[str, ...]:
    if isinstance(level_or_operation, Level):
        return OPERATIONS_OF[level_or_operation]
    return (level_or_operation,)
