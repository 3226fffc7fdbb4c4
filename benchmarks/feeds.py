"""Feeds of any length: some rows written by the product, then the same again."""

from collections.abc import Iterator
from datetime import UTC, datetime

from sqlalchemy import text

from benchmarks.databases import New
from casb_sdk import (
    Affected,
    Audience,
    ExposedPrincipal,
    Finding,
    ItemRef,
    Level,
    Path,
    Principal,
    Resource,
    Severity,
    Site,
    Via,
)
from connector.domain.finding_state import (
    Change,
    ChangeType,
    FindingType,
    TrackedFinding,
    finding_id_of,
)
from connector.domain.installation import Installation
from connector.export.feed_body import feed_body
from connector.store.database import Database
from connector.store.feed_tables import changes
from connector.use_cases.render_feed import RenderFeed

SITE = Site("5eed0000-0000-4000-8000-000000000007", "https://bench.atlassian.example")
WRITTEN = 2_000
"""Rows that the product writes; a feed has a multiple of them."""
MOVED = frozenset({"seq", "changed_at"})
PEOPLE = 500
ROWS_AT_ONCE = 100_000
SEEN = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
KIND = FindingType(
    "external-content-view",
    "External user with access to content",
    Severity.HIGH,
    "access-security",
    "Remove the restriction or the membership that lets them in.",
    "Whoever is outside the organisation reads what is inside.",
)
WAY = Path(Via.USER, "read", "space", "12345")


def new_feed(new: New, rows: int) -> Database:
    """Return a database with a rendered feed of so many rows, two kilobytes each."""
    database = new()
    with database.begin() as stores:
        stores.installations.save(Installation("bench", SITE, "none"))
        stores.findings.save(_changes())
    RenderFeed(database.begin, feed_body)()
    _replicate(database, rows)
    return database


def _changes() -> Iterator[Change]:
    people = [
        Principal(
            f"557058:36bebde0-f8f9-409b-860b-{number:012x}",
            Audience.EXTERNAL,
            display_name=f"Somebody Outside {number}",
            is_guest=True,
        )
        for number in range(PEOPLE)
    ]
    for number in range(WRITTEN):
        finding = _finding(number, people[number % PEOPLE])
        yield Change(ChangeType.CREATED, _tracked(finding))


def _finding(number: int, principal: Principal) -> Finding:
    title, id_ = f"Weekly architecture {number}", str(10_000_000 + number)
    affected = Affected(1, (ItemRef("page", id_, title),))
    exposed = ExposedPrincipal(principal, Level.VIEW, (WAY,), affected)
    url = f"/wiki/spaces/DOCS/pages/{id_}"
    return Finding(
        detector_id=KIND.id,
        resource=Resource("page", id_, "", title, url, "DOCS"),
        principals=(exposed,),
        affected=affected,
    )


def _tracked(finding: Finding) -> TrackedFinding:
    fingerprint = finding.fingerprint(SITE.cloud_id)
    return TrackedFinding(
        id=finding_id_of(fingerprint),
        fingerprint=fingerprint,
        site_id=SITE.cloud_id,
        space_id="7",
        finding=finding,
        type=KIND,
        severity=KIND.severity,
        evidence_digest=fingerprint,
        first_seen_at=SEEN,
        last_seen_at=SEEN,
        scan_id="bench",
    )


def _replicate(database: Database, rows: int) -> None:
    """Repeat the rows that the product wrote: other numbers, the same bytes."""
    names = [column.name for column in changes.columns]
    moved = ", ".join(f"{n} + :shift" if n in MOVED else n for n in names)
    repeat = text(
        f"INSERT INTO changes ({', '.join(names)}) "  # noqa: S608 - our own columns
        f"SELECT {moved} FROM changes WHERE seq <= {WRITTEN}"
    )
    move = text(
        "UPDATE feed_state SET last_seq = :last, "
        "last_changed_at = (SELECT changed_at FROM changes WHERE seq = :last)"
    )
    for begin in range(WRITTEN, rows, ROWS_AT_ONCE):
        end = min(begin + ROWS_AT_ONCE, rows)
        with database.connect(database.engines.writer) as connection:
            for shift in range(begin, end, WRITTEN):
                connection.execute(repeat, {"shift": shift})
    with database.connect(database.engines.writer) as connection:
        connection.execute(move, {"last": rows})
        connection.execute(text("ANALYZE"))
