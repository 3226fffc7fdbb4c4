"""Joins rows of findings with the names of people and the words of detectors."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, select

from connector.domain.finding_state import FindingType, TrackedFinding
from connector.store.finding_rows import StoredFinding
from connector.store.json_values import load_value
from connector.store.people_names import PeopleNames
from connector.store.tables import finding_types


class JoinedFindings:
    """Findings as they are read in one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._names = PeopleNames(connection)

    def of(self, rows: Sequence[Any]) -> Iterator[TrackedFinding]:
        """Yield the findings of rows, in their order."""
        if not rows:
            return
        types = self._types()
        for site_id, of_site in groupby(rows, key=lambda row: row.site_id):
            stored = [StoredFinding.of(row) for row in of_site]
            accounts = (id_ for each in stored for id_ in each.draft.account_ids)
            names = self._names.of(site_id, accounts)
            for each in stored:
                yield each.tracked(names, types)

    def _types(self) -> Mapping[str, FindingType]:
        rows = self._connection.execute(select(finding_types))
        return {row.id: load_value(row.words, FindingType) for row in rows}
