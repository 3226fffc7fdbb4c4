"""Small sites made to mislead: every sort of account, grant, restriction and gap.

One generator serves two readers: ``seeded_site(seed)`` for benchmarks, and the
Hypothesis strategy ``sites()``, which hands it a random it can shrink.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from random import Random

from hypothesis import strategies as st

from casb_sdk.audience import AudiencePolicy
from casb_sdk.content import ContentTable
from casb_sdk.coverage import Coverage, Gap, GapKind
from casb_sdk.model import (
    ANONYMOUS,
    ANONYMOUS_ID,
    AccessClass,
    Account,
    ContentItem,
    Grant,
    Group,
    Membership,
    NodeState,
    Restriction,
    Role,
    RoleAssignment,
    RoleMode,
    Site,
    Space,
    Subject,
    SubjectType,
)
from casb_sdk.snapshot import Directory, SiteSnapshot, SpaceSnapshot
from sdk.tests.site_material import (
    CONTENT_TYPES,
    DOMAINS,
    KINDS_OF_ACCOUNT,
    OTHER_OPERATIONS,
    PAGE_OPERATIONS,
    STATUSES,
)


@dataclass(slots=True)
class SiteMaker:
    """Makes one site, asking a random for every choice."""

    random: Random
    items: int
    next_item_id: int = 95

    def site(self) -> tuple[SiteSnapshot, AudiencePolicy]:
        accounts = self.accounts()
        groups = self.groups(tuple(accounts))
        directory = Directory(
            Site("cloud", "https://acme.atlassian.net"),
            accounts=accounts,
            groups=groups,
            roles=self.roles(),
            role_mode=self.random.choice((RoleMode.PRE_ROLES, *RoleMode)),
            product_groups_read=not self.chance(0.05),
        )
        count = self.random.randint(3, 6)
        spaces = tuple(self.space(number, directory) for number in range(1, count + 1))
        return SiteSnapshot(directory, spaces), self.policy(accounts)

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def some(self, values: tuple[str, ...], at_most: int) -> list[str]:
        count = self.random.randint(0, min(at_most, len(values)))
        return self.random.sample(values, count)

    def policy(self, accounts: Mapping[str, Account]) -> AudiencePolicy:
        everybody = tuple(accounts)
        apps = tuple(id_ for id_, a in accounts.items() if a.account_type == "app")
        return AudiencePolicy(
            internal_domains=(
                frozenset() if self.chance(0.1) else frozenset({"acme.example"})
            ),
            match_subdomains=self.chance(0.5),
            internal_ids=frozenset(self.some(everybody, 1)),
            external_ids=frozenset(self.some(everybody, 1)),
            self_app_ids=frozenset(self.some(apps, 1)),
            atlassian_app_ids=frozenset(self.some(apps, 1)),
        )

    def accounts(self) -> dict[str, Account]:
        accounts = {}
        for number in range(self.random.randint(6, 24)):
            account = replace(
                self.random.choice(KINDS_OF_ACCOUNT), id=f"account-{number}"
            )
            if self.chance(0.2):
                account = replace(account, email_domain=self.random.choice(DOMAINS))
            accounts[account.id] = account
        return accounts

    def groups(self, account_ids: tuple[str, ...]) -> dict[str, Group]:
        groups = {}
        for number in range(self.random.randint(2, 7)):
            gives = ("user", "admin", "site-admin", "") if number else ("user",)
            membership = Membership.COMPLETE
            if self.chance(0.06):
                membership = self.random.choice(tuple(Membership))
            members = frozenset(self.some(account_ids, 8)) | {"somebody-never-seen"}
            if membership in {Membership.GONE, Membership.UNREAD}:
                members = frozenset()
            groups[f"group-{number}"] = Group(
                f"group-{number}",
                f"group {number}",
                frozenset({self.random.choice(gives)}) - {""},
                members,
                membership,
            )
        return groups

    def roles(self) -> dict[str, Role]:
        return {
            f"role-{number}": Role(
                f"role-{number}", f"role {number}", tuple(self.operations())
            )
            for number in range(2)
        }

    def space(self, number: int, directory: Directory) -> SpaceSnapshot:
        people = ("nobody", *directory.accounts)
        owner = self.random.choice(people)
        is_personal = self.chance(0.3)
        described = Space(
            str(number),
            f"~{owner}" if is_personal else f"S{number}",
            type="personal" if is_personal else "global",
            status=self.random.choice((*("current",) * 9, "archived", "trashed")),
            owner_id=self.random.choice(people) if self.chance(0.5) else "",
        )
        items = self.content(directory)
        unread = [item.id for item in items if self.chance(0.02)]
        return SpaceSnapshot(
            described,
            grants=self.grants(directory, described.personal_owner),
            assignments=self.assignments(directory),
            content=ContentTable.of(items),
            coverage=Coverage(
                tuple(Gap(GapKind.RESTRICTION, id_, "503") for id_ in unread)
            ),
        )

    def subject(self, directory: Directory) -> Subject:
        user = self.random.choice((*directory.accounts, "id-never-looked-up"))
        group = self.random.choice((*directory.groups, "group-nobody-has-seen"))
        return self.random.choice(
            (
                Subject(SubjectType.USER, user),
                Subject(SubjectType.USER, user),
                Subject(SubjectType.USER, user),
                Subject(SubjectType.GROUP, group),
                Subject(SubjectType.GROUP, group),
                ANONYMOUS,
                Subject(SubjectType.ACCESS_CLASS, AccessClass.LICENSED),
                Subject(
                    SubjectType.ACCESS_CLASS, self.random.choice(tuple(AccessClass))
                ),
                Subject(SubjectType.USER, ANONYMOUS_ID),
                Subject(SubjectType.ROLE, self.random.choice(("role-0", "role-9"))),
                Subject("team", user),
            )
        )

    def operations(self) -> list[str]:
        operations = ["read/space"] if self.chance(0.8) else []
        operations += self.some(PAGE_OPERATIONS, 3)
        if self.chance(0.3):
            operations.append(self.random.choice(OTHER_OPERATIONS))
        return operations

    def grants(self, directory: Directory, owner: str) -> tuple[Grant, ...]:
        grants = []
        if owner and self.chance(0.8):
            subject = Subject(SubjectType.USER, owner)
            grants += [Grant(subject, "read/space"), Grant(subject, "create/page")]
        for _ in range(self.random.randint(0, 12)):
            subject = self.subject(directory)
            grants += [Grant(subject, operation) for operation in self.operations()]
        if not self.chance(0.3):
            splitting = {"update/page", "update/blogpost"}
            grants = [grant for grant in grants if grant.operation not in splitting]
        if self.chance(0.1):
            nobodys_role = Subject(SubjectType.ROLE, "role-held-by-nobody")
            grants.append(Grant(nobodys_role, "update/page"))
        return tuple(grants + grants[:1])

    def assignments(self, directory: Directory) -> tuple[RoleAssignment, ...]:
        if not self.chance(0.4):
            return ()
        roles = ("role-0", "role-1", "role-nobody-defined")
        return tuple(
            RoleAssignment(subject, self.random.choice(roles))
            for subject in (self.subject(directory) for _ in range(2))
            if subject.type != SubjectType.ROLE
        )

    def content(self, directory: Directory) -> list[ContentItem]:
        count = self.random.randint(0, self.items)
        ids = [str(self.next_item_id + number) for number in range(count)]
        self.next_item_id += count
        return [self.item(id_, ids[:place], directory) for place, id_ in enumerate(ids)]

    def item(self, id_: str, earlier: list[str], directory: Directory) -> ContentItem:
        kind = self.random.choice(CONTENT_TYPES)
        parent = self.parent(id_, earlier) if kind != "blogpost" else ""
        item = ContentItem(
            id_, kind, self.random.choice(STATUSES), f"item {id_}", parent
        )
        if self.chance(0.06):
            state = self.random.choice(tuple(NodeState))
            item = replace(item, state=state)
        if item.state is NodeState.MISSING:
            return item
        if self.chance(0.25):
            item = replace(item, read=self.restriction(directory))
        if self.chance(0.2):
            item = replace(item, update=self.restriction(directory))
        return item

    def parent(self, id_: str, earlier: list[str]) -> str:
        if not earlier or self.chance(0.15):
            return ""
        if self.chance(0.02):
            return str(int(id_) + self.random.randint(0, 3))
        if self.chance(0.02):
            return "item-nobody-described"
        return self.random.choice(earlier[-6:])

    def restriction(self, directory: Directory) -> Restriction:
        users = (*directory.accounts, ANONYMOUS_ID, "id-never-looked-up")
        groups = (*directory.groups, "group-nobody-has-seen")
        return Restriction(
            frozenset(self.some(users, 5)), frozenset(self.some(groups, 3))
        )


def seeded_site(seed: int, *, items: int = 60) -> tuple[SiteSnapshot, AudiencePolicy]:
    """Return the same site for the same seed, with up to so many items a space."""
    return SiteMaker(Random(seed), items).site()  # noqa: S311 - a test, not a secret


def sites(*, items: int = 20) -> st.SearchStrategy[tuple[SiteSnapshot, AudiencePolicy]]:
    """Return a strategy for sites with up to so many items a space."""
    randoms = st.randoms(use_true_random=False)
    return randoms.map(lambda random: SiteMaker(random, items).site())
