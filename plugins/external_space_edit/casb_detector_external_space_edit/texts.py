"""Why the finding matters and what to do about it, for the reader of the finding."""

RATIONALE = (
    "People outside your organisation hold rights that change this space, from adding "
    "pages to administering it. These rights reach everything in the space that no "
    "restriction protects, and everything added later; an outsider who administers "
    "the space can lift the restrictions too."
)

REMEDIATION = (
    "Give outsiders a role that only views, and remove those who have no business "
    "here. Look at the groups named in the evidence: outsiders often get in through a "
    "group that was meant for employees. Move shared work to a space of its own, and "
    "let nobody from outside administer a space."
)
