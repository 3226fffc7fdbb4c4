"""Draws what `casb demo` prints into docs/images: run after `make demo`."""

import re
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).parents[1]
COLUMNS = 122
FONT_FROM_AFAR = re.compile(r"@font-face\s*{[^}]*}")
SHOWN = ("findings", "--severity", "critical", "--severity", "high")


def main() -> None:
    """Run the command in the folder of the demo and save its screen as SVG."""
    screen = subprocess.run(  # noqa: S603 - our own command
        [Path(sys.executable).with_name("casb"), *SHOWN],
        cwd=ROOT / "demo",
        env={"FORCE_COLOR": "1", "COLUMNS": str(COLUMNS), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    console = Console(record=True, width=COLUMNS, file=sys.stderr)
    console.print(Text.from_ansi(screen))
    drawing = console.export_svg(title="casb findings")
    without_fonts = FONT_FROM_AFAR.sub("", drawing).replace("Fira Code, ", "")
    (ROOT / "docs" / "images" / "findings.svg").write_text(without_fonts, "utf-8")


if __name__ == "__main__":
    main()
