"""How gunicorn serves the web application; taken by its option `-c python:`.

The access log has paths alone: queries hold codes, states and tickets, and headers
hold cookies. PORT and WEB_CONCURRENCY are gunicorn's own variables.
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
