"""How gunicorn serves the web application; taken by its option `-c python:`.

The access log has paths alone: queries hold codes, states and tickets, and headers
hold cookies. PORT and WEB_CONCURRENCY are gunicorn's own variables.
"""

import gc

from connector.malloc import keep_freed

KEPT_BYTES = 64 * 2**20
"""Freed memory that a worker keeps. A page of the feed takes some megabytes; to fetch
them from the kernel anew for each, and give them back, takes longer than to fill them.
"""

proc_name = "casb"
worker_class = "gthread"
threads = 8
timeout = 60
graceful_timeout = 20
keepalive = 5
accesslog = "-"
access_log_format = '%(t)s "%(m)s %(U)s" %(s)s %(B)s %(M)sms'
control_socket_disable = True
limit_request_line = 8190  # A cursor holds all its filters.


def post_fork(server: object, worker: object) -> None:
    """Let a new worker keep the memory that its answers take."""
    keep_freed(KEPT_BYTES)


def post_worker_init(worker: object) -> None:
    """Take what a worker loaded out of the collector's sight: it stays for ever.

    To look through all of it takes longer than to make a page of the feed.
    """
    gc.collect()
    gc.freeze()
