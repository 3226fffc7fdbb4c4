"""Reads a whole site the way a scan does, and says what there was to see of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from casb_sdk import (
    Account,
    Audience,
    AudiencePolicy,
    ContentItem,
    Coverage,
    Grant,
    Group,
    RoleAssignment,
    SiteSnapshot,
    Space,
    SpaceSnapshot,
    Subject,
)
from casb_sdk.audience import audience_of
from casb_sdk.model import Lookup, NodeState
from connector.atlassian.reader import ConfluenceReader
from connector.domain.reading import SiteOutline

POLICY = AudiencePolicy(internal_domains=frozenset({"acme.example"}))
LISTED_STATUSES = frozenset({"current", "archived"})
LISTED_IN_ARCHIVED = frozenset({"page", "blogpost"})

Operations = set[tuple[Subject, str]]


@dataclass(slots=True)
class WholeSite:
    """What a reader found on a site."""

    outline: SiteOutline
    grants: dict[str, tuple[Grant, ...]] = field(default_factory=dict)
    assignments: dict[str, tuple[RoleAssignment, ...]] = field(default_factory=dict)
    items: dict[str, dict[str, ContentItem]] = field(default_factory=dict)
    ancestors: dict[str, ContentItem] = field(default_factory=dict)
    cut: set[str] = field(default_factory=set)
    groups: dict[str, Group] = field(default_factory=dict)
    accounts: dict[str, Account] = field(default_factory=dict)
    coverage: Coverage = field(default_factory=Coverage)

    def operations(self, space_id: str) -> Operations:
        """Return who may do what on a space, roles expanded."""
        roles = {role.id: role.operations for role in self.outline.roles}
        found = {(g.subject, g.operation) for g in self.grants[space_id]}
        return found | {
            (assignment.subject, operation)
            for assignment in self.assignments[space_id]
            for operation in roles[assignment.role_id]
        }


async def read_content(
    reader: ConfluenceReader, spaces: Iterable[Space], found: WholeSite
) -> None:
    """Read the content of some spaces as one shard, cut lists included."""
    resume: str | None = ""
    async for page in reader.content(tuple(spaces)):
        for entry in page.found:
            items = found.items.setdefault(entry.space_id, {})
            items[entry.item.id] = entry.item
        for entry in page.ancestors:
            known = found.ancestors.get(entry.item.id)
            if known is None or known.state is NodeState.UNREADABLE:
                found.ancestors[entry.item.id] = entry.item
        found.cut |= page.cut
        found.coverage |= page.coverage
        resume = page.resume
    assert resume is None
    for items in found.items.values():
        for content_id in found.cut & items.keys():
            read = await reader.restrictions(content_id)
            assert read.state is NodeState.ANCESTOR
            items[content_id] = replace(
                items[content_id], read=read.read, update=read.update
            )


async def read_site(reader: ConfluenceReader) -> WholeSite:
    """Read everything there is to read."""
    found = WholeSite(await reader.outline())
    found.coverage |= found.outline.coverage
    for space in found.outline.spaces:
        grants = await reader.grants(space, found.outline.role_mode)
        found.grants[space.id] = grants.grants
        found.assignments[space.id] = grants.assignments
        found.coverage |= grants.coverage
    await read_content(reader, found.outline.spaces, found)
    for group_id in sorted(_named_groups(found)):
        read = await reader.group_members(group_id)
        found.groups[group_id] = read.group
        found.coverage |= read.coverage
    accounts = await reader.accounts(_named_users(found))
    found.accounts = {account.id: account for account in accounts.accounts}
    found.coverage |= accounts.coverage
    return found


def true_operations(site: SiteSnapshot, space: SpaceSnapshot) -> Operations:
    """Return who may do what on a space, as the site was made."""
    found = {(g.subject, g.operation) for g in space.grants}
    return found | {
        (assignment.subject, operation)
        for assignment in space.assignments
        for operation in site.directory.roles[assignment.role_id].operations
    }


def true_items(space: SpaceSnapshot) -> dict[str, ContentItem]:
    """Return the items of a space that the documented listings give."""
    return {
        item.id: item
        for item in space.content.items()
        if item.status in LISTED_STATUSES
        and (space.space.status == "current" or item.type in LISTED_IN_ARCHIVED)
    }


def audiences(accounts: Mapping[str, Account]) -> dict[str, Audience]:
    """Return the audience of each account."""
    return {id_: audience_of(account, POLICY) for id_, account in accounts.items()}


def true_audience(site: SiteSnapshot, account_id: str) -> Audience:
    """Return the audience of an account; nobody in the directory is unknown."""
    nobody = Account(account_id, lookup=Lookup.ABSENT)
    return audience_of(site.directory.accounts.get(account_id, nobody), POLICY)


def _named_groups(found: WholeSite) -> set[str]:
    items = [item for space in found.items.values() for item in space.values()]
    return {group.id for group in found.outline.groups} | {
        group for item in items for group in (*item.read.groups, *item.update.groups)
    }


def _named_users(found: WholeSite) -> set[str]:
    items = [item for space in found.items.values() for item in space.values()]
    members = {m for group in found.groups.values() for m in group.members}
    listed = {u for item in items for u in (*item.read.users, *item.update.users)}
    subjects = {
        subject.id
        for operations in map(found.operations, found.grants)
        for subject, _ in operations
        if subject.type == "user"
    }
    return members | listed | subjects
