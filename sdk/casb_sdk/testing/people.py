"""The words that bring people, apps, groups and roles onto a site under test."""

from dataclasses import replace
from typing import Self

from casb_sdk.coverage import Gap, GapKind
from casb_sdk.model import (
    ANONYMOUS,
    AccessClass,
    Account,
    Audience,
    Group,
    Lookup,
    Membership,
    Role,
    Subject,
    SubjectType,
)
from casb_sdk.people import absent_account

HOME_DOMAIN = "acme.example"
PARTNER_DOMAIN = "partner.example"
LICENSED_GROUP = "confluence-users"

Who = str | Audience | AccessClass | Subject


class PeopleWords:
    """Accounts by sort, groups and roles; each is named before it is used.

    The id of an account is its name, so a finding reads like the description.
    """

    def __init__(self) -> None:
        self._accounts: dict[str, Account] = {}
        self._groups: dict[str, Group] = {}
        self._roles: dict[str, Role] = {}
        self._site_gaps: list[Gap] = []
        self.group(LICENSED_GROUP, gives="user")

    def account(self, account: Account, *, licensed: bool = False) -> Self:
        """Add any account, field by field, with a licence or without."""
        self._accounts[account.id] = account
        return self.group(LICENSED_GROUP, account.id) if licensed else self

    def person(
        self, name: str, *, domain: str = HOME_DOMAIN, licensed: bool = True
    ) -> Self:
        """Add an employee."""
        return self.account(_active(name, email_domain=domain), licensed=licensed)

    def guest(self, name: str, *, domain: str = PARTNER_DOMAIN) -> Self:
        """Add a guest: flagged as one by Confluence, and without a licence."""
        return self.account(_active(name, email_domain=domain, is_guest=True))

    def outsider(
        self, name: str, *, domain: str = PARTNER_DOMAIN, licensed: bool = True
    ) -> Self:
        """Add somebody of another organisation who has a licence of ours."""
        return self.person(name, domain=domain, licensed=licensed)

    def customer(self, name: str) -> Self:
        """Add a customer of the help desk."""
        return self.account(_active(name, account_type="customer"))

    def app(self, name: str, *, display_name: str = "", domain: str = "") -> Self:
        """Add the account of an app, third-party unless the policy lists it."""
        app = _active(name, account_type="app", email_domain=domain)
        return self.account(replace(app, display_name=display_name or name))

    def unknown(self, name: str) -> Self:
        """Add an account that Confluence itself calls unknown."""
        return self.account(Account(name, type="unknown", account_type="unknown"))

    def absent(self, name: str) -> Self:
        """Add an account id that Confluence no longer knows."""
        return self.account(absent_account(name))

    def undetermined(self, name: str) -> Self:
        """Add an account whose look-up failed."""
        return self.account(Account(name, lookup=Lookup.FAILED))

    def closed(self, name: str) -> Self:
        """Add an account that was deleted."""
        return self.account(Account(name, account_status="closed"))

    def inactive(self, name: str, *, domain: str = PARTNER_DOMAIN) -> Self:
        """Add an account that was deactivated and kept its licence."""
        account = Account(name, account_status="inactive", email_domain=domain)
        return self.account(account, licensed=True)

    def group(
        self,
        name: str,
        *members: str,
        gives: str = "",
        membership: Membership = Membership.COMPLETE,
    ) -> Self:
        """Add a group, or members to it; ``gives`` is the product access it gives.

        A group that could not be read whole, or at all, leaves a gap.
        """
        known = self._groups.get(name, Group(f"group-{name}", name))
        self._groups[name] = replace(
            known,
            members=known.members | set(members),
            access_types=known.access_types | ({gives} if gives else set()),
            membership=membership,
        )
        if membership in {Membership.PARTIAL, Membership.UNREAD}:
            reason = "paging_broke" if membership is Membership.PARTIAL else "403"
            self._site_gaps.append(Gap(GapKind.GROUP, f"group-{name}", reason))
        return self

    def deleted_group(self, name: str) -> Self:
        """Add a group that is gone, though grants and restrictions still name it."""
        return self.group(name, membership=Membership.GONE)

    def role(self, name: str, *permissions: str) -> Self:
        """Define a role by its permissions, such as ``create/page``."""
        self._roles[name] = Role(f"role-{name}", name, permissions)
        return self

    def role_id_of(self, name: str) -> str:
        """Return the id of a role that was defined before."""
        if name not in self._roles:
            raise LookupError(f"no role is called {name!r}: say .role({name!r}) first")
        return self._roles[name].id

    def subject(self, who: Who) -> Subject:
        """Return whom a name stands for: an account, a group, else a role.

        An audience stands for somebody typical of it, who is added if need be.
        """
        if isinstance(who, Subject):
            return who
        if isinstance(who, AccessClass):
            return Subject(SubjectType.ACCESS_CLASS, who)
        if isinstance(who, Audience):
            return self._somebody(who)
        return self._named(who)

    def _named(self, name: str) -> Subject:
        if name in self._accounts:
            return Subject(SubjectType.USER, name)
        if name in self._groups:
            return Subject(SubjectType.GROUP, self._groups[name].id)
        if name in self._roles:
            return Subject(SubjectType.ROLE, self._roles[name].id)
        raise LookupError(
            f"nobody is called {name!r}: say .person({name!r}), .guest({name!r}), "
            f".app({name!r}) or .group({name!r}) first"
        )

    def _somebody(self, audience: Audience) -> Subject:
        name = f"some-{audience}"
        if audience is Audience.ANONYMOUS:
            return ANONYMOUS
        if name not in self._accounts:
            introduce = {
                Audience.APP: self.app,
                Audience.CLOSED: self.closed,
                Audience.EXTERNAL: self.outsider,
                Audience.INACTIVE: self.inactive,
                Audience.INTERNAL: self.person,
                Audience.UNDETERMINED: self.undetermined,
                Audience.UNKNOWN: self.unknown,
            }
            introduce[audience](name)
        return Subject(SubjectType.USER, name)


def _active(
    name: str,
    *,
    account_type: str = "atlassian",
    email_domain: str = "",
    is_guest: bool = False,
) -> Account:
    return Account(
        name,
        display_name=name,
        account_type=account_type,
        account_status="active",
        email_domain=email_domain,
        is_guest=is_guest,
    )
