"""JSON texts that nobody takes for more than one line."""

LINE_BREAKS = {
    "\x85".encode(): rb"\u0085",
    "\u2028".encode(): rb"\u2028",
    "\u2029".encode(): rb"\u2029",
}
"""Characters that JSON allows in a text and that some readers take for a line's end."""


def in_one_line(text: bytes) -> bytes:
    """Return a JSON text without what may pass for the end of a line."""
    if text.isascii():
        return text
    for character, escape in LINE_BREAKS.items():
        text = text.replace(character, escape)
    return text
