"""Why the finding matters and what to do about it, for the reader of the finding."""

RATIONALE = (
    "Visitors who never logged in, or accounts that Confluence no longer knows, can "
    "read this space. Where the site allows anonymous use that is the whole internet; "
    "where it does not, it is still every guest and every user of the site."
)

REMEDIATION = (
    "If the space is not meant to be public, remove View from anonymous access in the "
    "permissions of the space; do so even where the site's own switch for anonymous "
    "access is off, because guests get in all the same. Delete the grants of accounts "
    "that no longer resolve."
)
