"""Why the finding matters and what to do about it, for the reader of the finding."""

RATIONALE = (
    "An app of another publisher holds rights that change this space: to add, archive "
    "or delete content, or to administer it. Apps often receive such rights when they "
    "are installed, in more spaces than they work in, and keep them unnoticed."
)

REMEDIATION = (
    "Find out who publishes the app and whether it must write in this space. If it "
    "need not, remove its grant or give it a role that only views, block it with an "
    "app access rule, or uninstall it. An app that administers the space deserves the "
    "first look: it can lift restrictions."
)
