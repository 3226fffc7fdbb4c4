"""Why the finding matters and what to do about it, for the reader of the finding."""

RATIONALE = (
    "Visitors who never logged in, or accounts that Confluence no longer knows, hold "
    "a right that changes this space: to add, archive or delete content, to attach "
    "files, or to manage the space itself. It covers what the space will hold "
    "tomorrow too, and nothing done with it leads back to a person."
)

REMEDIATION = (
    "In the permissions of the space clear every right of anonymous access but View, "
    "and View as well if the space is not meant to be public. Delete the grants and "
    "role assignments of accounts that no longer resolve; what such an account holds "
    "through a group ends when it leaves the group."
)
