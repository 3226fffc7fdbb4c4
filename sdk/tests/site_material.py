"""What misleading sites are made of: accounts, operations and content of every sort."""

from casb_sdk.model import Account, Lookup

DOMAINS = ("", "acme.example", "sub.acme.example", "partner.example")
KINDS_OF_ACCOUNT = (
    Account("", email_domain="partner.example"),
    Account("", email_domain="partner.example", account_status="active"),
    Account("", is_guest=True),
    Account("", is_guest=True, email_domain="acme.example"),
    Account("", account_type="customer"),
    *(Account("", account_type="app"),) * 4,
    Account("", account_type="app", email_domain="serviceaccount.atlassian.com"),
    Account("", account_type="app", account_status="inactive"),
    Account("", type="unknown", account_type="unknown"),
    Account("", type="unknown", account_type="", lookup=Lookup.ABSENT),
    Account("", lookup=Lookup.ABSENT),
    Account("", lookup=Lookup.FAILED),
    Account("", account_type=""),
    Account("", account_type="something-new", email_domain="partner.example"),
    Account("", account_status="closed", email_domain="partner.example"),
    Account("", account_status="inactive", email_domain="partner.example"),
    Account("", account_status="unknown", email_domain="partner.example"),
    Account("", type="anonymous", account_type=""),
)
PAGE_OPERATIONS = (
    "create/page",
    "create/page",
    "update/page",
    "delete/page",
    "archive/page",
    "create/blogpost",
    "update/blogpost",
    "create/whiteboard",
    "update/folder",
)
OTHER_OPERATIONS = (
    "create/attachment",
    "create/comment",
    "delete/space",
    "export/space",
    "administer/space",
    "manage_users/space",
    "restrict_content/space",
    "update/something_new",
    "opaque-permission",
)
CONTENT_TYPES = (
    *("page",) * 8,
    *("blogpost",) * 2,
    "whiteboard",
    "database",
    "embed",
    "folder",
    "attachment",
    "comment",
    "something-new",
)
STATUSES = (*("current",) * 9, "archived", "archived", "trashed", "draft")
