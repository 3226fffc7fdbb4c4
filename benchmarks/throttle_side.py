"""One full scan of a running cloud's site that also tells when it held calls back."""

import asyncio
import json
import sys
import time
from pathlib import Path

from benchmarks import crawl_side
from connector.atlassian.reader import World


def main(held_path: str, *arguments: str) -> None:
    """Scan as for the other rows; the waits go to a file, as moments in seconds."""
    held: list[tuple[float, float]] = []

    async def sleep(seconds: float) -> None:
        # What was asked for, not what it took: a busy machine wakes us late.
        now = time.time()
        held.append((now, now + seconds))
        await asyncio.sleep(seconds)

    crawl_side.main(*arguments, world=World(sleep=sleep))
    Path(held_path).write_text(json.dumps(held), "utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
