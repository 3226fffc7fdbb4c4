"""Who may really do what: a plain evaluation of the site, grant by grant.

It shares no code with the SDK's access model, so that one can catch the other.
"""

from collections.abc import Iterator

from casb_sdk.cloud.confluence.site_index import SiteIndex, Spot
from casb_sdk.model import (
    ANONYMOUS,
    ANONYMOUS_ID,
    AccessClass,
    Account,
    Restriction,
    Subject,
    SubjectType,
)

PAGE_FAMILY = frozenset({"page", "whiteboard", "database", "embed", "folder"})
SPLIT = frozenset({"update/page", "update/blogpost"})
DEAD = frozenset({"closed", "inactive"})
NEEDS_NO_GROUP = frozenset({"app", "customer"})
NOT_LICENSED = frozenset({"app", "customer", "", "unknown"})


class Truth:
    """Evaluates one subject on one site."""

    def __init__(self, site: SiteIndex, subject: Subject) -> None:
        self._site = site
        self._subject = subject
        self._groups = frozenset(self._own_groups())

    def may_use_confluence(self) -> bool:
        """Return whether the subject gets into Confluence at all."""
        if self._subject == ANONYMOUS:
            return self._site.site.lets_anonymous_in
        if self._subject.type == SubjectType.GROUP:
            return True
        account = self._account()
        if account is None or account.type == "unknown":
            return False
        if account.account_status in DEAD:
            return False
        needs_no_group = account.is_guest or account.account_type in NEEDS_NO_GROUP
        return needs_no_group or bool(self._access_types())

    def operations(self, number: int) -> frozenset[str]:
        """Return what the subject may do on a space."""
        return frozenset(
            operation
            for subject, operation in self._rows(number)
            if self._covers(subject)
        )

    def may_view(self, spot: Spot) -> bool:
        """Return whether every read list of the chain lets the subject pass."""
        chain = [
            spot.table.lists[row]
            for row in spot.table.chain(spot.row)
            if row in spot.table.lists
        ]
        return all(self._passes(lists.read) for lists in chain)

    def may_edit(self, spot: Spot, operations: frozenset[str]) -> bool:
        """Return whether a subject who may view an item may also change it."""
        rows = {operation for _, operation in self._rows(spot.number)}
        verb = "update" if rows & SPLIT else "create"
        family = "page" if spot.type in PAGE_FAMILY else spot.type
        allowed = operations & {f"{verb}/{family}", f"{verb}/{spot.type}"}
        current = spot.status == "current"
        return current and bool(allowed) and self._passes(spot.lists.update)

    def _rows(self, number: int) -> Iterator[tuple[Subject, str]]:
        snapshot = self._site.spaces[number]
        roles = self._site.directory.roles
        for grant in snapshot.grants:
            yield grant.subject, grant.operation
        for assignment in snapshot.assignments:
            role = roles.get(assignment.role_id)
            for operation in role.permissions if role else ():
                yield assignment.subject, operation

    def _covers(self, granted: Subject) -> bool:
        """Return whether a grant's subject includes ours; anonymous is everybody."""
        if granted == self._subject or granted.id in {
            AccessClass.ANONYMOUS,
            ANONYMOUS_ID,
        }:
            return True
        if granted.type == SubjectType.GROUP:
            return granted.id in self._groups
        if granted.id == AccessClass.LICENSED:
            return self._is_licensed()
        if granted.id == AccessClass.ADMINS:
            return bool(self._access_types() & {"admin", "site-admin"})
        return False

    def _passes(self, restriction: Restriction) -> bool:
        if not restriction:
            return True
        if self._subject == ANONYMOUS:
            return False
        if self._subject.type == SubjectType.GROUP:
            return self._subject.id in restriction.groups
        listed = self._subject.id in restriction.users
        return listed or bool(self._groups & restriction.groups)

    def _is_licensed(self) -> bool:
        account = self._account()
        return (
            account is not None
            and not account.is_guest
            and account.account_type not in NOT_LICENSED
            and "user" in self._access_types()
        )

    def _account(self) -> Account | None:
        if self._subject.type != SubjectType.USER:
            return None
        return self._site.account(self._subject.id)

    def _access_types(self) -> frozenset[str]:
        groups = [self._site.group(group_id) for group_id in self._groups]
        return frozenset[str]().union(*(g.access_types for g in groups if g))

    def _own_groups(self) -> Iterator[str]:
        if self._subject.type == SubjectType.GROUP:
            yield self._subject.id
        for group in self._site.groups_of.get(self._subject.id, ()):
            yield group.id
