"""What `casb demo` lives in: a folder with its own keys, a cloud, a browser."""

import base64
import json
import secrets
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import httpx

from connector.domain.errors import AtlassianUnavailableError, CasbError
from connector.settings import Settings, load_settings

LOOPBACK = "127.0.0.1"
KEY_BYTES = 32
PASSWORD_BYTES = 12
FIXED_PORT = 8000
PATIENCE_SECONDS = 30.0
PRIVATE = 0o600
HEADER = "# Made by `casb demo`, for this folder alone. `cd demo` and casb uses it.\n"


@dataclass(frozen=True, slots=True)
class Cloud:
    """A simulated Atlassian cloud that runs as a process of its own."""

    url: str
    client_id: str
    client_secret: str


@contextmanager
def simulated_cloud() -> Iterator[Cloud]:
    """Run the cloud with the demonstration site until the block is left."""
    command = [sys.executable, "-m", "casb_sdk.cloud", "--demo", "--auto-consent"]
    process = subprocess.Popen(  # noqa: S603 - our own module
        command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True
    )
    try:
        line = process.stdout.readline() if process.stdout else ""
        if not line:
            raise CasbError(
                "The simulated cloud does not start.",
                f"Run {' '.join(command)} to see why.",
            )
        told = json.loads(line)
        yield Cloud(told["api_url"], told["client_id"], told["client_secret"])
    finally:
        process.terminate()
        process.communicate(timeout=PATIENCE_SECONDS)


def demo_settings(
    folder: Path, cloud: Cloud, *, likes_fixed_port: bool = False
) -> Settings:
    """Return the settings of the demonstration; nothing of it leaves its folder."""
    folder.mkdir(parents=True, exist_ok=True)
    env = folder / ".env"
    if not env.exists():
        env.touch(mode=PRIVATE)
        env.write_text(_env(), "utf-8")
    own = load_settings(environment={}, folder=folder)
    own.require("CASB_SECRET_KEY", "CASB_TOKEN_KEYS")
    if not own.admin_password:  # Made by a version that had no web pages yet.
        with env.open("a", encoding="utf-8") as file:
            file.write(f"CASB_ADMIN_PASSWORD={secrets.token_urlsafe(PASSWORD_BYTES)}\n")
        own = load_settings(environment={}, folder=folder)
    given = load_settings()
    port = FIXED_PORT if likes_fixed_port and is_free(FIXED_PORT) else free_port()
    return replace(
        given,
        database_url=f"sqlite:///{folder / 'casb.db'}",
        public_url=f"http://{LOOPBACK}:{port}",
        admin_password=given.admin_password or own.admin_password,
        secret_key=own.secret_key,
        token_keys=own.token_keys,
        atlassian_client_id=cloud.client_id,
        atlassian_client_secret=cloud.client_secret,
        atlassian_auth_url=cloud.url,
        atlassian_api_url=cloud.url,
        scope_profile="current",
    )


def consent_in_a_browser(link: str) -> None:
    """Open a link and follow it to the end, as a person who consents would."""
    with httpx.Client(
        follow_redirects=True, timeout=PATIENCE_SECONDS, trust_env=False
    ) as browser:
        try:
            browser.get(link)
        except httpx.HTTPError as error:
            raise AtlassianUnavailableError(
                f"The simulated consent failed: {error}.",
                "Check that a proxy or a firewall does not stop loopback connections.",
            ) from None


def is_free(port: int) -> bool:
    """Return whether nobody listens on a port of this machine."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """Return a port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
    return port


def _env() -> str:
    token_key = base64.urlsafe_b64encode(secrets.token_bytes(KEY_BYTES)).decode()
    lines = {
        "CASB_DATABASE_URL": "sqlite:///casb.db",
        "CASB_SECRET_KEY": secrets.token_urlsafe(KEY_BYTES),
        "CASB_TOKEN_KEYS": token_key,
        "CASB_ADMIN_PASSWORD": secrets.token_urlsafe(PASSWORD_BYTES),
    }
    return HEADER + "".join(f"{name}={value}\n" for name, value in lines.items())
