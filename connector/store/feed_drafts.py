"""Changes that are not rendered yet: what they say stands in the rows of findings.

Writing a finding twice would cost a scan dearly. So its newest change refers to the
finding's own row, and takes a copy along only if the finding changes again first.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, and_, select, text

from connector.domain.finding_state import Change
from connector.store.feed_rows import change_of, finding_kept, kept_finding
from connector.store.feed_tables import changes
from connector.store.joined_findings import JoinedFindings
from connector.store.tables import findings


class FeedDrafts:
    """The changes that wait to be rendered, and the findings they are about."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._joined = JoinedFindings(connection)

    def keep(self, finding_ids: Collection[bytes]) -> None:
        """Keep what findings say now, where a change of theirs still refers to it."""
        waiting = select(changes.c.seq).where(changes.c.body.is_(None)).limit(1)
        if self._connection.scalar(waiting) is None:
            return
        newest = and_(changes.c.seq == findings.c.change_seq, changes.c.body.is_(None))
        wanted = select(findings).join(changes, newest)
        wanted = wanted.where(findings.c.id.in_(finding_ids), changes.c.kept.is_(None))
        rows = self._connection.execute(wanted).mappings().all()
        if rows:
            keeping = text("UPDATE changes SET kept = :kept WHERE seq = :seq")
            kept = [
                {"seq": row["change_seq"], "kept": kept_finding(dict(row))}
                for row in rows
            ]
            self._connection.execute(keeping, kept)

    def changes(self, rows: Sequence[Any]) -> Mapping[int, Change]:
        """Return the changes of rows that are not rendered, by their numbers."""
        if not rows:
            return {}
        told = self._joined.of(self._findings(rows))
        return {
            row.seq: change_of(row, finding)
            for row, finding in zip(rows, told, strict=True)
        }

    def _findings(self, rows: Sequence[Any]) -> Sequence[Any]:
        """Return a row or a copy of a finding for each row of a change."""
        ids = [row.finding_id for row in rows if row.kept is None]
        wanted = select(findings).where(findings.c.id.in_(ids))
        here = {row.change_seq: row for row in self._connection.execute(wanted)}
        return [
            here[row.seq] if row.kept is None else finding_kept(row.kept)
            for row in rows
        ]
