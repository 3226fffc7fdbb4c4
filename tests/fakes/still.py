"""Imported last by what the tests fork: nothing in it is ever garbage.

Each process that is forked would look through all of it, and with that copy it.
"""

import gc

gc.collect()
gc.freeze()
gc.set_threshold(20_000, 10, 10)
