"""The forms in which findings are handed out: native and OCSF, as JSON."""

from collections.abc import Iterable, Iterator, Mapping

from connector.domain.finding_state import TrackedFinding
from connector.export.formats import json_array
from connector.export.native import native_finding
from connector.export.ndjson import ndjson
from connector.export.ocsf import ocsf_event
from connector.export.resource_rows import affected_resource, affected_space
from connector.use_cases.list_affected import AffectedList, AffectedSpace

NATIVE = "native"
OCSF = "ocsf"
SCHEMAS = (NATIVE, OCSF)

Row = Mapping[str, object]


def finding_row(tracked: TrackedFinding, schema: str = NATIVE) -> Row:
    """Return a finding in one of the schemas."""
    return ocsf_event(tracked) if schema == OCSF else native_finding(tracked)


def affected_rows(listed: AffectedList) -> Iterator[Row]:
    """Yield what a finding affects, one row each."""
    for item in listed.items:
        if isinstance(item, AffectedSpace):
            yield affected_space(item.space, listed.site, item.account_ids)
        else:
            yield affected_resource(item.affected, item.space, listed.site)


def as_json_list(rows: Iterable[Row]) -> Iterator[bytes]:
    """Yield rows as one JSON list, piece by piece."""
    return json_array(rows)


def as_json_lines(rows: Iterable[Row]) -> Iterator[bytes]:
    """Yield rows as NDJSON, line by line."""
    return ndjson(rows)
