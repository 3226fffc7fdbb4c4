"""The principals of a site that detectors care about, and the groups they are in."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from casb_sdk.audience import (
    AudiencePolicy,
    app_kind_of,
    audience_of,
    is_licensed_kind,
)
from casb_sdk.model import (
    ANONYMOUS_ID,
    Account,
    AppKind,
    Audience,
    Lookup,
    Membership,
)
from casb_sdk.snapshot import Directory

PRODUCT_ACCESS = frozenset({"user", "admin", "site-admin"})
ADMIN_ACCESS = frozenset({"admin", "site-admin"})


@dataclass(frozen=True, slots=True)
class Principal:
    """Somebody a detector may report: anonymous, unknown, external or an app."""

    id: str
    audience: Audience
    kind: AppKind | None = None
    display_name: str = ""
    account_type: str = ""
    account_status: str = ""
    is_guest: bool = False
    name_collision: bool = False


class Sort(NamedTuple):
    """All of a principal that decides how sure the model is of its access."""

    audience: Audience
    is_guest: bool
    account_type: str


def sort_of(principal: Principal) -> Sort:
    """Return the sort of a principal."""
    return Sort(principal.audience, principal.is_guest, principal.account_type)


ANONYMOUS_PRINCIPAL = Principal(ANONYMOUS_ID, Audience.ANONYMOUS)


@dataclass(frozen=True, slots=True)
class People:
    """Who of a site's directory matters under a policy.

    Built once per scan and shared by all its spaces. Internal people, Atlassian's
    own apps, closed and undetermined accounts are left out: no detector of ours
    reports them and no mask carries their bit.
    """

    directory: Directory
    policy: AudiencePolicy
    principals: dict[str, Principal] = field(default_factory=dict)
    groups_of: dict[str, tuple[str, ...]] = field(default_factory=dict)
    members_of: dict[str, frozenset[str]] = field(default_factory=dict)
    licensed: frozenset[str] = frozenset()
    admins: frozenset[str] = frozenset()
    without_product: frozenset[str] = frozenset()
    product_access_is_known: bool = True
    anonymous_ids: frozenset[str] = frozenset({ANONYMOUS_ID})
    sorts: dict[str, Sort] = field(default_factory=dict)

    @classmethod
    def of(cls, directory: Directory, policy: AudiencePolicy) -> "People":
        """Classify a directory once, keeping only who matters."""
        principals = dict(_principals(directory, policy))
        members_of = {
            group.id: frozenset(principals.keys() & group.members)
            for group in directory.groups.values()
        }
        groups_of = _inverted(members_of)
        known = _product_access_is_known(directory)
        with_access = _in_groups_giving(directory, members_of, PRODUCT_ACCESS)
        users = _in_groups_giving(directory, members_of, frozenset({"user"}))
        licensed_kind = {
            p for p in principals if is_licensed_kind(directory.accounts[p])
        }
        return cls(
            directory,
            policy,
            principals,
            groups_of,
            members_of,
            licensed=frozenset(licensed_kind if not known else licensed_kind & users),
            admins=_in_groups_giving(directory, members_of, ADMIN_ACCESS),
            without_product=frozenset(
                p.id
                for p in principals.values()
                if known and _needs_product_access(p) and p.id not in with_access
            ),
            product_access_is_known=known,
            anonymous_ids=frozenset({ANONYMOUS_ID}).union(
                account.id
                for account in directory.accounts.values()
                if account.type == "anonymous"
            ),
            sorts=_sorts(principals),
        )

    def group_name(self, group_id: str) -> str:
        """Return a group's name, or its id where the name is not known."""
        group = self.directory.groups.get(group_id)
        return group.name if group and group.name else group_id

    def unread_groups(self) -> frozenset[str]:
        """Return the groups whose member list is not whole."""
        return frozenset(
            group.id
            for group in self.directory.groups.values()
            if group.membership in {Membership.PARTIAL, Membership.UNREAD}
        )

    def undetermined(self, ids: Iterable[str]) -> frozenset[str]:
        """Return those of the ids whose audience could not be told."""
        accounts = self.directory.accounts
        return frozenset(
            id_
            for id_ in ids
            if id_ not in accounts
            or audience_of(accounts[id_], self.policy) is Audience.UNDETERMINED
        )


def _principals(
    directory: Directory, policy: AudiencePolicy
) -> Iterator[tuple[str, Principal]]:
    for account in directory.accounts.values():
        audience = audience_of(account, policy)
        if audience in {Audience.UNKNOWN, Audience.EXTERNAL}:
            yield account.id, _principal(account, audience, None, policy)
        elif audience is Audience.APP:
            kind = app_kind_of(account, policy)
            if kind is AppKind.THIRD_PARTY:
                yield account.id, _principal(account, audience, kind, policy)


def _principal(
    account: Account,
    audience: Audience,
    kind: AppKind | None,
    policy: AudiencePolicy,
) -> Principal:
    return Principal(
        id=account.id,
        audience=audience,
        kind=kind,
        display_name=account.display_name,
        account_type=account.account_type,
        account_status=account.account_status,
        is_guest=account.is_guest,
        name_collision=(
            kind is AppKind.THIRD_PARTY
            and account.display_name in policy.atlassian_app_names
        ),
    )


def _sorts(principals: dict[str, Principal]) -> dict[str, Sort]:
    """Return the sort of each principal, which equal sorts share."""
    shared: dict[Sort, Sort] = {}
    sorts = ((id_, sort_of(each)) for id_, each in principals.items())
    return {id_: shared.setdefault(sort, sort) for id_, sort in sorts}


def _needs_product_access(principal: Principal) -> bool:
    return (
        principal.audience is Audience.EXTERNAL
        and not principal.is_guest
        and principal.account_type != "customer"
    )


def _product_access_is_known(directory: Directory) -> bool:
    return directory.product_groups_read and all(
        group.membership in {Membership.COMPLETE, Membership.GONE}
        for group in directory.groups.values()
        if group.access_types & PRODUCT_ACCESS
    )


def _in_groups_giving(
    directory: Directory,
    members_of: dict[str, frozenset[str]],
    access_types: frozenset[str],
) -> frozenset[str]:
    return frozenset(
        member
        for group in directory.groups.values()
        if group.access_types & access_types
        for member in members_of[group.id]
    )


def _inverted(members_of: dict[str, frozenset[str]]) -> dict[str, tuple[str, ...]]:
    groups_of: dict[str, list[str]] = {}
    for group_id in sorted(members_of):
        for member in members_of[group_id]:
            groups_of.setdefault(member, []).append(group_id)
    return {member: tuple(groups) for member, groups in groups_of.items()}


def absent_account(account_id: str) -> Account:
    """Return what is known of an id that Confluence does not know: UNKNOWN."""
    return Account(account_id, type="unknown", account_type="", lookup=Lookup.ABSENT)
