import gc

from connector.work.collector import ALLOCATIONS_OF_A_SCAN, rare_looks


def test_cycles_are_looked_for_rarely_during_a_scan_and_as_before_after_it() -> None:
    before = gc.get_threshold()

    with rare_looks():
        during = gc.get_threshold()

    assert during[0] == ALLOCATIONS_OF_A_SCAN
    assert gc.get_threshold() == before
