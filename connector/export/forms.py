"""Writes rows of the feed and findings in the form a consumer asked for."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from connector.domain.export_forms import (
    IAM_ANALYSIS_FINDING,
    Form,
    FormatName,
    SchemaName,
)
from connector.domain.feed import FeedRow
from connector.domain.listing import ListedFinding
from connector.domain.one_line import in_one_line
from connector.export.csv import csv_lines
from connector.export.fitting import Row
from connector.export.native import (
    native_change,
    native_finding,
    timestamp,
)
from connector.export.ocsf import ocsf_event_of
from connector.export.ocsf_iam import as_iam_finding
from connector.export.redacted_lines import lines_without_evidence
from connector.export.redaction import without_evidence

LEFT_FILTER = "left_filter"


@dataclass(frozen=True, slots=True)
class ExportForms:
    """Every form; links to findings are below the public URL."""

    public_url: str

    def change(self, row: FeedRow, form: Form, site_url: str) -> bytes:
        """Return a row of the feed as one JSON text."""
        is_whole = form.schema is SchemaName.NATIVE and form.with_evidence
        if row.text is not None and is_whole:
            return _marked(row.text) if row.left_filter else row.text
        native = self._native(row, site_url)
        return self.text(self._formed(native, form, left=row.left_filter))

    def lines(self, pieces: Iterable[bytes], form: Form) -> Iterator[bytes]:
        """Yield lines of native changes, without evidence if the form has none."""
        return (
            iter(pieces) if form.with_evidence else map(lines_without_evidence, pieces)
        )

    def finding(self, listed: ListedFinding, form: Form, site_url: str) -> Row:
        """Return a finding as it stands, with the number of its last change."""
        tracked, seq = listed.tracked, listed.change_seq
        position: Row = {
            "change_seq": seq,
            "changed_at": timestamp(listed.changed_at),
            "event_id": None if seq is None else f"{tracked.site_id}:{seq}",
        }
        native = position | native_finding(
            tracked, site_url=site_url, public_url=self.public_url
        )
        return self._formed(native, form)

    def text(self, row: Mapping[str, Any]) -> bytes:
        """Return a row as one JSON text."""
        return in_one_line(orjson.dumps(row))

    def written(self, name: FormatName, texts: Iterable[bytes]) -> Iterator[bytes]:
        """Yield JSON texts in a format that is no envelope."""
        if name is FormatName.CSV:
            return csv_lines(orjson.loads(text) for text in texts)
        if name is FormatName.NDJSON:
            return (text + b"\n" for text in texts)
        return _array(texts)

    def _native(self, row: FeedRow, site_url: str) -> dict[str, Any]:
        if row.text is not None:
            native: dict[str, Any] = orjson.loads(row.text)
            return native
        if row.change is None:
            raise ValueError(f"the change {row.seq} is neither rendered nor there")
        return native_change(
            row.change,
            row.position,
            site_url=site_url,
            public_url=self.public_url,
        )

    def _formed(self, native: dict[str, Any], form: Form, *, left: bool = False) -> Row:
        row: Row = native if form.with_evidence else without_evidence(native)
        row.pop(LEFT_FILTER, None)
        if form.schema is SchemaName.NATIVE:
            return row | {LEFT_FILTER: True} if left else row
        event: dict[str, Any] = ocsf_event_of(row, form.ocsf_version)
        if form.ocsf_class == IAM_ANALYSIS_FINDING:
            event = as_iam_finding(event, row)
        if left:
            event["unmapped"][LEFT_FILTER] = True
        return event


def _marked(text: bytes) -> bytes:
    """Return a native change that left the filter, never reading what it says."""
    return text[:-1] + b',"left_filter":true}'


def _array(texts: Iterable[bytes]) -> Iterator[bytes]:
    opening = b"[\n"
    for text in texts:
        yield opening + text
        opening = b",\n"
    yield b"[]\n" if opening == b"[\n" else b"\n]\n"
