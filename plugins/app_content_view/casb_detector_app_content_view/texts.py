"""Why the finding matters and what to do about it, for the reader of the finding."""

RATIONALE = (
    "An app of another publisher can read this content. What it reads it can keep on "
    "its publisher's systems, out of reach of your retention rules and access "
    "reviews."
)

REMEDIATION = (
    "Find out who publishes the app and whether it must read this content. If it need "
    "not, remove its grant on the space, block it with an app access rule, or "
    "uninstall it. For a sensitive branch, add a view restriction at its top that "
    "does not name the app."
)
