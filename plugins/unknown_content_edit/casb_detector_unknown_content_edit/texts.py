"""Why the finding matters and what to do about it, for the reader of the finding."""

RATIONALE = (
    "Somebody without an identity can change this content: a visitor who never logged "
    "in, or an account that Confluence no longer knows. Instructions, links and "
    "download addresses that people trust can be altered, and the history cannot tell "
    "by whom."
)

REMEDIATION = (
    "Close anonymous editing now: in the permissions of the space take every right to "
    "add or edit content away from anonymous access, or limit editing to named "
    "groups. Delete the grants of accounts that no longer resolve. Then read the "
    "history for changes made by nobody you know, and restore what was altered."
)
