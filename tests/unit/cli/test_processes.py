import threading

from connector.cli.processes import starting


def test_a_process_is_forked_where_no_thread_would_be_lost() -> None:
    others = threading.active_count() - 1
    ended = threading.Event()
    thread = threading.Thread(target=ended.wait)

    thread.start()
    beside_a_thread = starting().get_start_method()
    ended.set()
    thread.join()

    assert beside_a_thread == "spawn"
    assert starting().get_start_method() == ("spawn" if others else "fork")
