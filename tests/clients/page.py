"""The configuration that a page of the documentation prints."""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
LIMIT = re.compile(r'("?limit"?: "?)1000\b')
SMALL_PAGE = 8


@dataclass(frozen=True, slots=True)
class HowTo:
    """A page with blocks of code below headings."""

    text: str

    @classmethod
    def read(cls, name: str) -> "HowTo":
        """Read a page of docs/how-to."""
        return cls((ROOT / "docs" / "how-to" / f"{name}.md").read_text("utf-8"))

    def block(self, heading: str) -> str:
        """Return the code below a heading, as it is printed."""
        _, found, below = self.text.partition(f"\n### {heading}\n")
        code = re.search(r"^```\w+\n(.*?)^```$", below, re.MULTILINE | re.DOTALL)
        assert found
        assert code
        return code[1]

    def file(self, *headings: str) -> str:
        """Return what a file holds that is put together of blocks, for small pages."""
        return LIMIT.sub(rf"\g<1>{SMALL_PAGE}", "".join(map(self.block, headings)))
