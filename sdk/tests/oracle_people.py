"""Who somebody is, by the letter of access-model 1.2, 1.3 and 1.13; for the oracle."""

from casb_sdk.audience import AudiencePolicy
from casb_sdk.model import Account
from casb_sdk.snapshot import Directory

ANONYMOUS = "anonymous"


class PeopleOracle:
    """Answers what an account is, one account at a time."""

    def __init__(self, directory: Directory, policy: AudiencePolicy) -> None:
        self.directory = directory
        self.accounts = directory.accounts
        self.policy = policy

    def of_audiences(self, *audiences: str) -> list[str]:
        people = [
            p
            for p in self.accounts
            if self.audience(p) in audiences and self.audience(p) != "ANONYMOUS"
        ]
        return [ANONYMOUS, *people] if "ANONYMOUS" in audiences else people

    def audience(self, p: str) -> str:
        """Return the audience of an id; the first rule that holds wins."""
        if p == ANONYMOUS:
            return "ANONYMOUS"
        a = self.accounts[p]
        rules = (
            ("ANONYMOUS", a.type == "anonymous"),
            ("CLOSED", a.account_status == "closed"),
            ("INACTIVE", a.account_status == "inactive"),
            ("APP", a.account_type == "app" and self.is_third_party(a)),
            ("APP OF OURS", a.account_type == "app"),
            ("UNKNOWN", a.type == "unknown" or a.account_type == "unknown"),
            ("UNKNOWN", a.lookup == "absent"),
            ("UNDETERMINED", a.lookup == "failed" or a.account_type == ""),
            ("INTERNAL", p in self.policy.internal_ids),
            ("EXTERNAL", a.is_guest or a.account_type == "customer"),
            ("EXTERNAL", p in self.policy.external_ids),
            ("EXTERNAL", self.has_foreign_address(a)),
            ("INTERNAL", True),
        )
        return next(audience for audience, holds in rules if holds)

    def is_third_party(self, app: Account) -> bool:
        return not (
            app.id in self.policy.self_app_ids
            or app.email_domain.lower() == "serviceaccount.atlassian.com"
            or app.id in self.policy.atlassian_app_ids
        )

    def has_foreign_address(self, account: Account) -> bool:
        domain = account.email_domain
        internal = self.policy.internal_domains
        is_internal = domain in internal or (
            self.policy.match_subdomains
            and any(domain.endswith("." + name) for name in internal)
        )
        return internal != set() and domain != "" and not is_internal

    def members(self, group_id: str) -> set[str]:
        group = self.directory.groups.get(group_id)
        return set(group.members) if group else set()

    def is_in_group_giving(self, p: str, *access_types: str) -> bool:
        return any(
            p in group.members and set(access_types) & group.access_types
            for group in self.directory.groups.values()
        )

    def product_groups_could_be_read(self) -> bool:
        return self.directory.product_groups_read and not any(
            group.membership in {"partial", "unread"}
            for group in self.directory.groups.values()
            if {"user", "admin", "site-admin"} & group.access_types
        )

    def has_product_access(self, p: str) -> bool:
        """Return whether grants work for somebody; only externals may lack it."""
        account = self.accounts[p]
        return (
            self.audience(p) != "EXTERNAL"
            or account.is_guest
            or account.account_type == "customer"
            or not self.product_groups_could_be_read()
            or self.is_in_group_giving(p, "user", "admin", "site-admin")
        )

    def is_licensed_human(self, p: str) -> bool:
        account = self.accounts[p]
        return (
            self.audience(p) != "UNKNOWN"
            and account.account_type not in {"", "unknown", "app", "customer"}
            and not account.is_guest
            and (
                not self.product_groups_could_be_read()
                or self.is_in_group_giving(p, "user")
            )
        )
