"""What a worker's name tells about whether it still runs."""

import os
import socket
import subprocess
import sys

from connector.domain.store_ports import Begin
from connector.work.owners import SPACE, is_dead, is_dead_neighbour, owner_name
from tests.unit.work.office import Office

HOST = socket.gethostname()


def dead_process() -> int:
    """Return the number of a process that has ended."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    return process.pid


def test_no_two_owners_bear_the_same_name() -> None:
    assert owner_name() != owner_name()


def test_a_worker_of_this_process_is_alive() -> None:
    assert not is_dead(owner_name())


def test_a_process_that_ended_is_dead() -> None:
    assert is_dead(f"{HOST}:{dead_process()}:abc:def")


def test_an_earlier_process_with_our_number_is_dead() -> None:
    assert is_dead(f"{HOST}:{os.getpid()}:abc:def")


def test_nothing_is_known_of_another_machine() -> None:
    assert not is_dead(f"elsewhere:{dead_process()}:abc:def")


def test_a_name_of_another_kind_says_nothing() -> None:
    for name in ("", "me", f"{HOST}:", f"{HOST}:x:y"):
        assert not is_dead(name)


def test_a_dead_neighbour_is_one_that_shares_our_process_numbers() -> None:
    dead = dead_process()

    assert is_dead_neighbour(f"{HOST}:{dead}:{SPACE}-abc:def")
    assert not is_dead_neighbour(owner_name())


def test_nothing_is_known_of_a_container_of_the_same_name() -> None:
    dead = dead_process()

    for names in ("4026531999-abc:def", "abc:def", ""):
        assert not is_dead_neighbour(f"{HOST}:{dead}:{names}")


async def test_the_units_of_a_dead_worker_are_taken_over_at_once(begin: Begin) -> None:
    office = Office(begin)
    office.claim_all(f"{HOST}:{dead_process()}:abc:def")

    await office.run()

    assert office.done[-1] == "site"


def test_a_process_that_ended_and_was_not_asked_how_is_dead() -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)

    assert is_dead(f"{socket.gethostname()}:{child.pid}:abc:def")

    child.wait()
