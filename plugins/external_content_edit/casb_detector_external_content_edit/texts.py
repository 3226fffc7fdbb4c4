"""Why the finding matters and what to do about it, for the reader of the finding."""

RATIONALE = (
    "People outside your organisation can change this content: guests, customers, or "
    "accounts of another company's domain. Their accounts follow neither your sign-in "
    "rules nor your leaver process, so a stolen password or a finished contract "
    "leaves the door open."
)

REMEDIATION = (
    "Ask the owner of the content whether each person listed here still has to edit "
    "it. If not, reduce their rights on the space to View, or limit editing of the "
    "content to an internal group. If the work goes on, move it to a space of its "
    "own, so that the rest stays internal."
)
