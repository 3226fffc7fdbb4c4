"""The query string of a request, read leniently as Confluence does."""

from urllib.parse import unquote_plus


class Query:
    """The parameters of a request; commas and repetitions both make lists."""

    def __init__(self, text: str) -> None:
        self._values: dict[str, list[str]] = {}
        for pair in text.split("&"):
            name, _, value = pair.partition("=")
            if name:
                self._values.setdefault(unquote_plus(name), []).append(
                    unquote_plus(value)
                )

    def __contains__(self, name: str) -> bool:
        """Return whether a parameter was sent."""
        return name in self._values

    def text(self, name: str, default: str = "") -> str:
        """Return a parameter's first value."""
        return self._values.get(name, [default])[0]

    def repeated(self, name: str) -> list[str]:
        """Return the values of a repeated parameter, commas left alone."""
        return self._values.get(name, [])

    def listed(self, name: str) -> list[str]:
        """Return the values of a list parameter."""
        return [
            part.strip()
            for value in self._values.get(name, [])
            for part in value.split(",")
            if part.strip()
        ]

    def number(self, name: str, default: int) -> int:
        """Return a whole number; what is none counts as not sent."""
        value = self.text(name)
        return int(value) if value.isdigit() else default

    def flag(self, name: str) -> bool:
        """Return whether a parameter says true."""
        return self.text(name).lower() == "true"

    def others(self, *left_out: str) -> list[tuple[str, str]]:
        """Return every parameter in order but the ones left out."""
        return [
            (name, value)
            for name, values in self._values.items()
            for value in values
            if name not in left_out
        ]
