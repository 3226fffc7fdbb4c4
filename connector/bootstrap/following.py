"""The feed as the command line hands it out."""

from collections.abc import Iterable, Iterator

from connector.bootstrap.application import Application
from connector.domain.export_forms import FormatName
from connector.export.cursors import SignedCursors
from connector.export.forms import ExportForms
from connector.use_cases.follow_feed import FollowFeed


def follow_feed(application: Application) -> FollowFeed:
    """Return what reads the feed for an operator."""
    settings = application.settings
    settings.require("CASB_TOKEN_KEYS")
    return FollowFeed(
        application.begin,
        SignedCursors(settings.token_keys),
        ExportForms(settings.public_url),
        application.render_feed,
        settings.public_url,
    )


def in_format(name: FormatName, pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Return lines of JSON, many in a piece, in a format."""
    if name is FormatName.NDJSON:
        return iter(pieces)
    lines = (line for piece in pieces for line in piece.split(b"\n") if line)
    array = FormatName.ARRAY if name is FormatName.JSON else name
    return ExportForms("").written(array, lines)
