"""A worker in a process of its own: ``python -m … WHAT URL SCAN OWNER``."""

import sys
import time

from connector.domain.scan import Reading
from connector.domain.store_ports import Begin
from connector.store.database import Database
from tests.contract.scanning import TOO_LATE, claim, finish, stage


def die_in_mid_page(begin: Begin, scan_id: str, owner: str) -> None:
    """Keep two pages of a unit, write a third and wait to be killed."""
    [unit] = claim(begin, scan_id, owner)
    for page in ("page-1", "page-2"):
        unit = stage(begin, unit, page, owner)
    with begin() as stores:
        read = [Reading("page", unit.id, b"page-3", part="page-3")]
        stores.ledger.stage(unit, owner, read, "page-3", TOO_LATE)
        say("writing")
        time.sleep(60)


def do_all(begin: Begin, scan_id: str, owner: str) -> None:
    """Claim units one by one and finish them, leaving the others their turn."""
    say("ready")
    sys.stdin.readline()
    while units := claim(begin, scan_id, owner, limit=1):
        for unit in units:
            finish(begin, stage(begin, unit, f"{unit.id} by {owner}", owner), owner)
            time.sleep(0.005)


def say(word: str) -> None:
    """Tell the test how far this process has come."""
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    what, url, scan_id, owner = sys.argv[1:]
    {"die": die_in_mid_page, "work": do_all}[what](
        Database.open(url).begin, scan_id, owner
    )
