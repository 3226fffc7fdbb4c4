"""The forms a consumer can have findings in, and what writes them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from connector.domain.export_errors import BadParameterError
from connector.domain.feed import FeedRow
from connector.domain.listing import ListedFinding

Row = Mapping[str, Any]


class SchemaName(StrEnum):
    """The schemas of a row."""

    NATIVE = "native"
    OCSF = "ocsf"


class FormatName(StrEnum):
    """How rows are written one after the other."""

    JSON = "json"
    NDJSON = "ndjson"
    CSV = "csv"
    ARRAY = "array"


OCSF_VERSIONS = (
    "1.1.0",
    "1.2.0",
    "1.3.0",
    "1.4.0",
    "1.5.0",
    "1.6.0",
    "1.7.0",
    "1.8.0",
)
DEFAULT_OCSF_VERSION = "1.6.0"
DETECTION_FINDING = 2004
IAM_ANALYSIS_FINDING = 2008
OCSF_CLASSES = (DETECTION_FINDING, IAM_ANALYSIS_FINDING)
IAM_ANALYSIS_SINCE = "1.6.0"


@dataclass(frozen=True, slots=True)
class Form:
    """What a row looks like: its schema, and whether it names people."""

    schema: SchemaName = SchemaName.NATIVE
    ocsf_version: str = DEFAULT_OCSF_VERSION
    ocsf_class: int = DETECTION_FINDING
    with_evidence: bool = False

    def check(self) -> None:
        """Refuse a class that the version of OCSF does not have."""
        version = self.ocsf_version
        is_early = OCSF_VERSIONS.index(version) < OCSF_VERSIONS.index(
            IAM_ANALYSIS_SINCE
        )
        if self.ocsf_class == IAM_ANALYSIS_FINDING and is_early:
            raise BadParameterError(
                f"ocsf_class: OCSF {version} has no class {IAM_ANALYSIS_FINDING}.",
                f"Ask for {IAM_ANALYSIS_SINCE} or later.",
            )


class Forms(Protocol):
    """Writes findings in every form."""

    def change(self, row: FeedRow, form: Form, site_url: str) -> bytes:
        """Return a row of the feed as one JSON text."""
        ...

    def lines(self, pieces: Iterable[bytes], form: Form) -> Iterator[bytes]:
        """Yield lines of native changes, named or not as the form wants them."""
        ...

    def finding(self, listed: ListedFinding, form: Form, site_url: str) -> Row:
        """Return a finding as it stands."""
        ...

    def text(self, row: Row) -> bytes:
        """Return a row as one JSON text."""
        ...

    def written(self, name: FormatName, texts: Iterable[bytes]) -> Iterator[bytes]:
        """Yield JSON texts in a format that is no envelope."""
        ...
