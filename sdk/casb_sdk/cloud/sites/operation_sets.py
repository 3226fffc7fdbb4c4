"""The sets of operations that people are usually given on a space."""

READ = ("read/space",)
COMMENT = (*READ, "create/comment")
LEGACY_EDIT = (
    *COMMENT,
    "create/page",
    "create/blogpost",
    "create/attachment",
    "delete/page",
    "delete/blogpost",
    "delete/comment",
    "delete/attachment",
    "delete/space",
    "archive/page",
)
EDIT = (*LEGACY_EDIT, "update/page", "update/blogpost")
LEGACY_ADMIN = (
    *LEGACY_EDIT,
    "restrict_content/space",
    "export/space",
    "administer/space",
)
ADMIN = (*EDIT, "restrict_content/space", "export/space", "administer/space")
GUEST = (*COMMENT, "create/page", "create/attachment")
"""Who builds a space by hand gives a guest these."""

ROLES = (
    ("5f7a1c00-0000-4000-8000-000000000001", "Admin", ADMIN),
    ("5f7a1c00-0000-4000-8000-000000000002", "Manager", (*EDIT, "export/space")),
    ("5f7a1c00-0000-4000-8000-000000000003", "Collaborator", EDIT),
    ("5f7a1c00-0000-4000-8000-000000000004", "Viewer", COMMENT),
)
"""The roles every site has: id, name, operations."""
