"""Why the finding matters and what to do about it, for the reader of the finding."""

RATIONALE = (
    "An app of another publisher can change this content. An app works with nobody "
    "watching: whoever gets hold of the publisher's systems, or of the credentials "
    "the app keeps, can write here in its name."
)

REMEDIATION = (
    "Find out who publishes the app, who installed it, and whether it must write "
    "here. If it need not, take its rights to add and edit off the space, limit "
    "editing of sensitive content to internal groups, block the app with an app "
    "access rule, or uninstall it."
)
