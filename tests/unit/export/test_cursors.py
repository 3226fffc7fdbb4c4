"""Cursors come back as they were sealed, to whom they belong, and to nobody else."""

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.bookmark import Bookmark
from connector.domain.export_errors import BadParameterError, InvalidCursorError
from connector.export.cursors import SignedCursors

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()
CURSORS = SignedCursors([NEW])
PLACE = Bookmark("client", "/findings/changes", 7, "epoch", {"status": "open"})

words = st.text(st.characters(codec="utf-8"), max_size=20)
bookmarks = st.builds(
    Bookmark,
    words,
    words,
    st.integers(0, 2**63 - 1),
    words,
    st.dictionaries(words, words, max_size=5),
)


@given(bookmarks)
def test_a_bookmark_comes_back_as_it_was(place: Bookmark) -> None:
    text = CURSORS.seal(place)

    assert CURSORS.open(text, place.reader, place.endpoint) == place
    assert text.isascii()
    assert not set(text) & set(" &?#+/=%")


@given(bookmarks, st.data())
def test_a_cursor_that_was_changed_does_not_open(
    place: Bookmark, data: st.DataObject
) -> None:
    text = CURSORS.seal(place)
    at = data.draw(st.integers(0, len(text) - 1))
    character = data.draw(st.sampled_from("Ab9-_.~é"))
    changed = text[:at] + character + text[at + 1 :]

    if changed != text:
        try:
            opened = CURSORS.open(changed, place.reader, place.endpoint)
        except InvalidCursorError:
            return
        # The last character of base64 has bits that mean nothing.
        assert opened == place


@given(words, words)
def test_no_text_but_ours_opens(text: str, reader: str) -> None:
    with pytest.raises(InvalidCursorError):
        CURSORS.open(text, reader, "/findings/changes")


def test_a_cursor_of_another_client_does_not_open() -> None:
    with pytest.raises(InvalidCursorError, match="another client"):
        CURSORS.open(CURSORS.seal(PLACE), "another", PLACE.endpoint)


def test_a_cursor_of_another_list_does_not_open() -> None:
    with pytest.raises(InvalidCursorError, match="another list"):
        CURSORS.open(CURSORS.seal(PLACE), PLACE.reader, "/findings")


def test_a_cursor_outlives_the_rotation_of_its_key() -> None:
    sealed = SignedCursors([OLD]).seal(PLACE)
    rotated = SignedCursors([NEW, OLD])

    opened = rotated.open(sealed, PLACE.reader, PLACE.endpoint)

    assert opened == PLACE
    assert CURSORS.open(rotated.seal(opened), PLACE.reader, PLACE.endpoint) == PLACE


def test_a_cursor_ends_with_its_key() -> None:
    sealed = SignedCursors([OLD]).seal(PLACE)

    with pytest.raises(InvalidCursorError):
        CURSORS.open(sealed, PLACE.reader, PLACE.endpoint)


def test_a_cursor_never_outgrows_a_request_line() -> None:
    endless = {"site_id": ",".join(Fernet.generate_key().decode() for _ in range(300))}

    with pytest.raises(BadParameterError):
        CURSORS.seal(Bookmark("client", "/findings", 0, "", endless))


def test_keys_do_not_show() -> None:
    assert NEW not in repr(CURSORS)
