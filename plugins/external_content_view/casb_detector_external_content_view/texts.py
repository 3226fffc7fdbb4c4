"""Why the finding matters and what to do about it, for the reader of the finding."""

RATIONALE = (
    "People outside your organisation can read this content. What they read they can "
    "copy, and a restriction that comes later does not bring it back."
)

REMEDIATION = (
    "Confirm that the content is meant for the people listed here. If not, restrict "
    "viewing at the top of the branch, for the pages below inherit it, or take the "
    "View right on the space from them or from the group that lets them in."
)
