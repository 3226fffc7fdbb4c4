"""Rows of the feed as templates that are filled in one pass."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

AT_ONCE = 500
MARK = b"\x1e"
"""Stood around the key of a hole."""
LINE_BREAKS = {
    "\x85".encode(): rb"\u0085",
    "\u2028".encode(): rb"\u2028",
    "\u2029".encode(): rb"\u2029",
}

changes = sa.table(
    "changes", sa.column("seq", sa.BigInteger), sa.column("body", sa.LargeBinary)
)


def upgrade() -> None:
    """Rows of the feed as templates that are filled in one pass."""
    connection = op.get_bind()
    rewrite = (
        changes.update()
        .where(changes.c.seq == sa.bindparam("number"))
        .values(body=sa.bindparam("template"))
    )
    after = 0
    while rows := _rendered(connection, after):
        templates = [{"number": seq, "template": _template(body)} for seq, body in rows]
        connection.execute(rewrite, templates)
        after = rows[-1][0]


def _rendered(connection: sa.Connection, after: int) -> list[tuple[int, bytes]]:
    wanted = sa.select(changes.c.seq, changes.c.body).where(
        changes.c.seq > after, changes.c.body.is_not(None)
    )
    rows = connection.execute(wanted.order_by(changes.c.seq).limit(AT_ONCE))
    return [(row.seq, row.body) for row in rows]


def _template(body: bytes) -> bytes:
    for character, escape in LINE_BREAKS.items():
        body = body.replace(character, escape)
    parts = body.split(MARK)
    pieces = [part.replace(b"%", b"%%") for part in parts]
    pieces[1::2] = [
        b"%%(%b)b" % key.replace(b"(", rb"\u0028").replace(b")", rb"\u0029")
        for key in parts[1::2]
    ]
    return b"".join(pieces)
