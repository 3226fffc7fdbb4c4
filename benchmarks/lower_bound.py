"""The least a full scan can cost: counted from the truth of a site, page by page."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from math import ceil

from casb_sdk import Audience, AudiencePolicy, SiteSnapshot, SpaceSnapshot
from casb_sdk.audience import audience_of
from casb_sdk.content import ContentTable
from casb_sdk.model import Group, Membership, RoleMode, Subject, SubjectType

V2_PAGE = 250
V1_PAGE = 200
USERS_BULK = 250
USERS_V1 = 100
LISTED_BY_V2 = ("page", "blogpost")


@dataclass(slots=True)
class Bill:
    """Calls and points, line by line; ``objects`` cost one point, people two."""

    lines: dict[str, tuple[int, int]] = field(default_factory=dict)

    def add(self, line: str, calls: int, objects: int = 0, identities: int = 0) -> None:
        """Add calls and what they return."""
        before = self.lines.get(line, (0, 0))
        points = calls + objects + 2 * identities
        self.lines[line] = (before[0] + calls, before[1] + points)

    @property
    def calls(self) -> int:
        """All calls."""
        return sum(calls for calls, _ in self.lines.values())

    @property
    def points(self) -> int:
        """All points."""
        return sum(points for _, points in self.lines.values())


def lower_bound(
    site: SiteSnapshot, policy: AudiencePolicy, results_per_page: int
) -> Bill:
    """Return the bill of the cheapest scan of a site under the current profile.

    It counts what Confluence makes unavoidable: a page at a time of every list that
    is needed, one call for the restrictions of each archived item (search does not
    list them), one look-up in full pages of the accounts that matter.
    """
    bill = Bill()
    _directory(bill, site)
    for space in site.spaces:
        _grants(bill, space)
    _content(bill, site.spaces, results_per_page)
    read = _members(bill, site)
    _accounts(bill, site, policy, read)
    return bill


def pages(count: int, size: int) -> int:
    """Return the number of pages that hold a count, at least one."""
    return max(1, ceil(count / size))


def _directory(bill: Bill, site: SiteSnapshot) -> None:
    bill.add("role mode", 1, objects=1)
    for is_current in (True, False):
        some = [s for s in site.spaces if (s.space.status == "current") is is_current]
        bill.add("spaces", pages(len(some), V2_PAGE), objects=len(some))
    if site.directory.role_mode != RoleMode.PRE_ROLES:
        roles = len(site.directory.roles)
        bill.add("roles", pages(roles, V2_PAGE), objects=roles)
    existing = [g for g in site.directory.groups.values() if _exists(g)]
    bill.add("groups", pages(len(existing), V1_PAGE), identities=len(existing))
    for access in ("user", "admin", "site-admin"):
        giving = [g for g in existing if access in g.access_types]
        bill.add("groups", pages(len(giving), V1_PAGE), identities=len(giving))
    bill.add("installing account", 1, identities=1)


def _grants(bill: Bill, space: SpaceSnapshot) -> None:
    rows = len(space.grants) + len(space.assignments)
    bill.add("grants", pages(rows, V2_PAGE), identities=rows)


def _content(bill: Bill, spaces: Iterable[SpaceSnapshot], per_page: int) -> None:
    searched, asked, archived_spaces, archived = 0, Counter[str](), 0, 0
    for snapshot in spaces:
        is_current = snapshot.space.status == "current"
        archived_spaces += not is_current
        for item in snapshot.content.items():
            if is_current and item.status == "current":
                searched += 1
            elif item.type in LISTED_BY_V2 and item.status in {"current", "archived"}:
                asked[item.type] += 1
                archived += is_current
                subjects = sum(
                    len(each.users) + len(each.groups)
                    for each in (item.read, item.update)
                )
                bill.add("restrictions of archived items", 1, identities=subjects)
        if not is_current:
            _unlisted_ancestors(bill, snapshot.content)
    bill.add("search", pages(searched, per_page), objects=searched)
    bill.add("archived pages", pages(archived, V2_PAGE), objects=archived)
    if archived_spaces:
        for content_type in LISTED_BY_V2:
            there = asked[content_type] - (archived if content_type == "page" else 0)
            bill.add("archived spaces", pages(there, V2_PAGE), objects=there)


def _unlisted_ancestors(bill: Bill, content: ContentTable) -> None:
    """Add what it takes to know the branches above which no listing reaches.

    Whiteboards, databases and folders of archived spaces stand in no listing: their
    first children ask for their ancestors, each of these for its restrictions.
    """
    unlisted: set[int] = set()
    asked: set[int] = set()
    for row, parent in enumerate(content.parents):
        if content.types[row] not in LISTED_BY_V2 or parent < 0:
            continue
        chain = content.chain(parent)
        if content.types[parent] not in LISTED_BY_V2 and parent not in asked:
            asked.add(parent)
            bill.add("ancestors of archived items", 1, objects=len(chain))
        unlisted |= {at for at in chain if content.types[at] not in LISTED_BY_V2}
    bill.add("restrictions of unlisted ancestors", len(unlisted))


def _members(bill: Bill, site: SiteSnapshot) -> frozenset[str]:
    """Add the member lists of the groups that matter; return whom they describe."""
    directory = site.directory
    named = set(_subjects(site, SubjectType.GROUP))
    named |= {g.id for g in directory.groups.values() if g.access_types}
    described: set[str] = set()
    for group_id in named & directory.groups.keys():
        group = directory.groups[group_id]
        if _exists(group):
            members = len(group.members)
            bill.add("members", pages(members, V1_PAGE), identities=members)
            described |= group.members
    return frozenset(described)


def _accounts(
    bill: Bill, site: SiteSnapshot, policy: AudiencePolicy, described: frozenset[str]
) -> None:
    known = site.directory.accounts
    named = set(_subjects(site, SubjectType.USER))
    outsiders = {
        id_
        for id_ in named | described
        if id_ in known and audience_of(known[id_], policy) is not Audience.INTERNAL
    }
    granted = {
        subject.id
        for space in site.spaces
        for subject in _grantees(space)
        if subject.type == SubjectType.USER
    }
    wanted = outsiders | (granted - described)
    absent = wanted - known.keys()
    found = len(wanted) - len(absent)
    bill.add("accounts", pages(len(wanted), USERS_BULK), identities=found)
    bill.add("accounts", pages(len(wanted), USERS_V1), identities=found)
    bill.add("absent accounts", len(absent))
    bill.add("anonymous check", 1)


def _subjects(site: SiteSnapshot, kind: SubjectType) -> Iterator[str]:
    for space in site.spaces:
        for subject in _grantees(space):
            if subject.type == kind:
                yield subject.id
        for lists in space.content.lists.values():
            for restriction in (lists.read, lists.update):
                is_user = kind is SubjectType.USER
                yield from restriction.users if is_user else restriction.groups


def _grantees(space: SpaceSnapshot) -> Iterator[Subject]:
    for grant in space.grants:
        yield grant.subject
    for assignment in space.assignments:
        yield assignment.subject


def _exists(group: Group) -> bool:
    return group.membership is not Membership.GONE
