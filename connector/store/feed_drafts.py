"""Changes that are not rendered yet: what they say stands in the rows of findings.

Writing a finding twice would cost a scan dearly. So its newest change refers to the
finding's own row, and takes a copy along only if the finding changes again first.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, cast

from sqlalchemy import Connection, Row, and_, select, text

from connector.domain.finding_state import Change, FindingType
from connector.store.feed_rows import change_of, finding_kept, kept_finding
from connector.store.feed_tables import changes
from connector.store.finding_rows import StoredFinding
from connector.store.json_values import load_value
from connector.store.people_names import PeopleNames
from connector.store.tables import finding_types, findings


class FeedDrafts:
    """The changes that wait to be rendered, and the findings they are about."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

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
        types, names = self._types(), PeopleNames(self._connection)
        told = {}
        for row, stored in self._stored(rows):
            people = names.of(row.site_id, stored.draft.account_ids)
            told[row.seq] = change_of(row, stored.tracked(people, types))
        return told

    def _stored(self, rows: Sequence[Any]) -> Iterator[tuple[Any, StoredFinding]]:
        ids = [row.finding_id for row in rows if row.kept is None]
        wanted = select(findings).where(findings.c.id.in_(ids))
        here = {row.change_seq: row for row in self._connection.execute(wanted)}
        for row in rows:
            if row.kept is not None:
                kept = cast("Row[Any]", finding_kept(row.kept))
                yield row, StoredFinding.of(kept)
            else:
                yield row, StoredFinding.of(here[row.seq])

    def _types(self) -> Mapping[str, FindingType]:
        rows = self._connection.execute(select(finding_types))
        return {row.id: load_value(row.words, FindingType) for row in rows}
