"""`casb export`."""

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TypedDict, Unpack

import rich_click as click

from connector.bootstrap.application import open_application
from connector.bootstrap.following import follow_feed, in_format
from connector.cli.options import json_option, settings, site_option
from connector.cli.output import note, print_bytes
from connector.domain.errors import UsageError
from connector.domain.export_forms import (
    DEFAULT_OCSF_VERSION,
    OCSF_VERSIONS,
    Form,
    FormatName,
    SchemaName,
)
from connector.domain.feed import FeedFilter
from connector.use_cases.follow_feed import FollowFeed, Told
from connector.use_cases.manage_sites import site_named

FORMATS = [FormatName.NDJSON.value, FormatName.CSV.value, FormatName.JSON.value]
SCHEMAS = [schema.value for schema in SchemaName]
SECONDS_BETWEEN_LOOKS = 2.0


class Asked(TypedDict):
    """What somebody wants of the feed, as click hands it over."""

    site: str
    checkpoint: str
    state: Path | None
    schema: str
    ocsf_version: str
    format_: str


@click.command()
@site_option
@click.option(
    "--from", "checkpoint", default="", metavar="CHECKPOINT", help="Go on from there."
)
@click.option(
    "--state",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Keep the checkpoint in this file, and go on from it.",
)
@click.option(
    "--schema", type=click.Choice(SCHEMAS), default=SCHEMAS[0], show_default=True
)
@click.option(
    "--ocsf-version",
    type=click.Choice(OCSF_VERSIONS),
    default=DEFAULT_OCSF_VERSION,
    show_default=True,
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(FORMATS),
    default=FORMATS[0],
    show_default=True,
)
@click.option("--follow", is_flag=True, help="Do not end; tell what happens next.")
@json_option
def export(*, follow: bool, as_json: bool, **asked: Unpack[Asked]) -> None:
    """Print every change of every finding, in order, each once.

    The last line on stderr is the checkpoint to go on from; --state keeps it in a
    file, written only after its rows were, so that nothing is lost.

    Example: `casb export > changes.ndjson`

    Example: `casb export --follow --state siem.checkpoint --schema ocsf | vector`

    Example: `casb export --format csv --site acme.atlassian.net > changes.csv`
    """
    if asked["format_"] != FormatName.NDJSON and (
        follow or asked["schema"] != SCHEMAS[0]
    ):
        raise UsageError(
            f"--format {asked['format_']} knows no end, or no OCSF.",
            "Leave it out: lines of JSON suit both.",
        )
    current = settings()
    with open_application(current) as application:
        wanted = FeedFilter()
        if asked["site"]:
            with application.begin(write=False) as stores:
                site = site_named(stores, asked["site"]).site
            wanted = FeedFilter(site_ids=frozenset({site.cloud_id}))
        feed = follow_feed(application)
        kept = _Checkpoint(asked["state"], asked["checkpoint"])
        kept.check(feed)
        form = Form(
            SchemaName(asked["schema"]), asked["ocsf_version"], with_evidence=True
        )
        told = _told(feed, wanted, form, kept, follow=follow)
        print_bytes(in_format(FormatName(asked["format_"]), told))
    if kept.text:
        note(f"Checkpoint: {kept.text}")


class _Checkpoint:
    """Where the export has come to, in a file if there is one."""

    def __init__(self, state: Path | None, given: str) -> None:
        self._state = state
        self._given = given
        self._last: Told | None = None
        if not given and state is not None and state.is_file():
            self._given = state.read_text("utf-8").strip()

    @property
    def text(self) -> str:
        """The checkpoint, or nothing yet."""
        return self._given if self._last is None else self._last.checkpoint

    def check(self, feed: FollowFeed) -> None:
        feed.position(self.text)

    def step(self, told: Told) -> None:
        self._last = told
        if self._state is not None:
            fresh = self._state.with_name(f"{self._state.name}.new")
            fresh.write_text(f"{self.text}\n", "utf-8")
            fresh.replace(self._state)


def _told(
    feed: FollowFeed,
    wanted: FeedFilter,
    form: Form,
    kept: _Checkpoint,
    *,
    follow: bool,
) -> Iterator[bytes]:
    """Yield the rows; a checkpoint is kept when its rows have been taken."""
    while True:
        for told in feed(feed.position(kept.text), wanted, form):
            yield from told.texts
            sys.stdout.flush()  # A checkpoint must not run ahead of its rows.
            kept.step(told)
        if not follow:
            return
        time.sleep(SECONDS_BETWEEN_LOOKS)
