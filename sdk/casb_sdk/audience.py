"""The audience of an account: external, app, unknown... (access-model 1.2, 1.3)."""

from dataclasses import dataclass

from casb_sdk.model import (
    ANONYMOUS_ID,
    Account,
    AppKind,
    Audience,
    Lookup,
)

SERVICE_ACCOUNT_DOMAIN = "serviceaccount.atlassian.com"
UNNAMED = frozenset({"", "unknown"})


@dataclass(frozen=True, slots=True)
class AudiencePolicy:
    """What a site's operator said about who belongs to it.

    Domains are lower-cased and IDNA-encoded. ``atlassian_apps`` maps the account
    ids of Atlassian's own apps to their names.
    """

    internal_domains: frozenset[str] = frozenset()
    match_subdomains: bool = False
    internal_ids: frozenset[str] = frozenset()
    external_ids: frozenset[str] = frozenset()
    self_app_ids: frozenset[str] = frozenset()
    atlassian_app_ids: frozenset[str] = frozenset()
    atlassian_app_names: frozenset[str] = frozenset()

    def is_internal_domain(self, domain: str) -> bool:
        """Return whether an e-mail domain belongs to the organisation."""
        if domain in self.internal_domains:
            return True
        return self.match_subdomains and any(
            domain.endswith(f".{internal}") for internal in self.internal_domains
        )


def audience_of(account: Account, policy: AudiencePolicy) -> Audience:
    """Return the audience of an account; the first rule that matches wins."""
    return (
        _audience_by_status(account)
        or _audience_by_lookup(account)
        or _audience_by_policy(account, policy)
    )


def app_kind_of(account: Account, policy: AudiencePolicy) -> AppKind:
    """Return the kind of an app account, never judged by its name."""
    if account.id in policy.self_app_ids:
        return AppKind.SELF
    if account.email_domain.lower() == SERVICE_ACCOUNT_DOMAIN:
        return AppKind.SERVICE_ACCOUNT
    if account.id in policy.atlassian_app_ids:
        return AppKind.ATLASSIAN
    return AppKind.THIRD_PARTY


def is_licensed_kind(account: Account) -> bool:
    """Return whether an account can be a licensed human: no guest, customer or app."""
    return (
        account.lookup is not Lookup.ABSENT
        and not account.is_guest
        and account.account_type not in {"app", "customer"} | UNNAMED
        and account.type != "unknown"
    )


def _audience_by_status(account: Account) -> Audience | None:
    if account.type == "anonymous" or account.id == ANONYMOUS_ID:
        return Audience.ANONYMOUS
    if account.account_status == "closed":
        return Audience.CLOSED
    if account.account_status == "inactive":
        return Audience.INACTIVE
    if account.account_type == "app":
        return Audience.APP
    return None


def _audience_by_lookup(account: Account) -> Audience | None:
    if (
        account.type == "unknown"
        or account.account_type == "unknown"
        or account.lookup is Lookup.ABSENT
    ):
        return Audience.UNKNOWN
    if account.lookup is Lookup.FAILED or not account.account_type:
        return Audience.UNDETERMINED
    return None


def _audience_by_policy(account: Account, policy: AudiencePolicy) -> Audience:
    if account.id in policy.internal_ids:
        return Audience.INTERNAL
    foreign_domain = (
        policy.internal_domains
        and account.email_domain
        and not policy.is_internal_domain(account.email_domain)
    )
    if (
        account.is_guest
        or account.account_type == "customer"
        or account.id in policy.external_ids
        or foreign_domain
    ):
        return Audience.EXTERNAL
    return Audience.INTERNAL
