"""Why the finding matters and what to do about it, for the reader of the finding."""

RATIONALE = (
    "This account belongs to somebody outside your organisation, is active, and can "
    "get into the site. Each such account widens the circle of those who read what "
    "you know, and it lasts until somebody takes it away."
)

REMEDIATION = (
    "Review the account with its sponsor: does the engagement go on, and are the "
    "spaces it reads the right ones? Take it out of the spaces and groups that it "
    "does not need. When the engagement ends, remove its access to Confluence and "
    "deactivate it."
)
