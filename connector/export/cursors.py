"""Seals cursors: signed, so that only ours open, with keys that rotate."""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import msgspec
from itsdangerous import BadData, URLSafeSerializer

from connector.domain.bookmark import Bookmark
from connector.domain.export_errors import BadParameterError, InvalidCursorError

PURPOSE = b"casb export cursor v1"
LONGEST = 6_000
"""In characters: servers take request lines of 8,190."""
AGAIN = "Leave it out to begin anew, or name a position by after_seq."


@dataclass(frozen=True, slots=True)
class SignedCursors:
    """Bookmarks under keys derived from CASB_TOKEN_KEYS.

    The first key signs and all of them open: a cursor stays good for as long as the
    key it was signed with is among them, and every pull renews it.
    """

    token_keys: Sequence[str] = field(repr=False)

    def seal(self, bookmark: Bookmark) -> str:
        """Return a bookmark as text for a URL."""
        content = [
            bookmark.reader,
            bookmark.endpoint,
            bookmark.after,
            bookmark.epoch,
            dict(bookmark.question),
        ]
        sealed = str(self._serializer.dumps(content))
        if len(sealed) > LONGEST:
            raise BadParameterError(
                "There are too many filters to remember.", "Ask for fewer at a time."
            )
        return sealed

    def open(self, text: str, reader: str, endpoint: str) -> Bookmark:
        """Return the bookmark a text holds; InvalidCursorError if it is not theirs."""
        try:
            content = self._serializer.loads(text[: LONGEST + 1])
            bookmark = msgspec.convert(content, _Content).bookmark
        except (BadData, msgspec.ValidationError):
            raise InvalidCursorError("The cursor is none of ours.", AGAIN) from None
        if (bookmark.reader, bookmark.endpoint) != (reader, endpoint):
            raise InvalidCursorError(
                "The cursor belongs to another client or another list.", AGAIN
            )
        return bookmark

    @property
    def _serializer(self) -> URLSafeSerializer:
        return _serializer(tuple(self.token_keys))


class _Content(msgspec.Struct, array_like=True):
    reader: str
    endpoint: str
    after: int
    epoch: str
    question: dict[str, str]

    @property
    def bookmark(self) -> Bookmark:
        return Bookmark(
            self.reader, self.endpoint, self.after, self.epoch, self.question
        )


@lru_cache(1)
def _serializer(token_keys: tuple[str, ...]) -> URLSafeSerializer:
    # itsdangerous signs with the last key and tries all of them.
    return URLSafeSerializer(
        [_derived(key) for key in reversed(token_keys)],
        salt=PURPOSE,
        signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256},
    )


def _derived(token_key: str) -> bytes:
    """Return a key for this purpose alone, from which the other cannot be guessed."""
    secret = base64.urlsafe_b64decode(token_key)
    return hmac.digest(secret, PURPOSE, "sha256")
