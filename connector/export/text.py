"""Text that strangers wrote, such as page titles, made fit to be handed out."""

import re
import unicodedata

ELLIPSIS = "…"
LONE_SURROGATE = re.compile("[\ud800-\udfff]")
BIDI_CONTROL = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
BREAKING = frozenset({"Cc", "Zl", "Zp"})


def well_formed(text: str) -> str:
    """Return text that UTF-8 can carry: halves of a pair are joined or replaced.

    JSON may escape half a surrogate pair, and then no encoder takes the text.
    """
    if text.isascii() or not LONE_SURROGATE.search(text):
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def shortened(text: str, characters: int) -> str:
    """Return the beginning of a text, ending in an ellipsis if anything is cut."""
    if len(text) <= characters:
        return text
    return text[: max(characters - 1, 0)] + ELLIPSIS


def in_one_line(text: str, characters: int) -> str:
    """Return text for a sentence that people read in a log.

    Line breaks and control characters become spaces, and what turns the direction
    of writing is left out, so that a title cannot forge the words around it.
    """
    spaced = "".join(
        " " if unicodedata.category(character) in BREAKING else character
        for character in BIDI_CONTROL.sub("", text)
    )
    return shortened(" ".join(spaced.split()), characters)
