"""Runs a simulated cloud as a process of its own; prints one JSON line when ready.

    python -m casb_sdk.cloud --seed 1 --items 50000 --spaces 200 --config options.json
    python -m casb_sdk.cloud --demo --auto-consent

``--config`` names a JSON file with fields of ``CloudOptions``; ``app`` and ``site``
in it hold fields of ``OAuthApp`` and ``CloudSite``. ``/_cloud/...`` drives it:
``GET ledger``, ``GET log``, ``POST faults``, ``reset``, ``clock``, ``oauth``,
``change``.
"""

import argparse
import asyncio
import gc
import json
import signal
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from casb_sdk.cloud.cloud import RunningCloud, SimulatedCloud
from casb_sdk.cloud.demo_site import demo_site
from casb_sdk.cloud.generator import generate_site
from casb_sdk.cloud.options import (
    CloudOptions,
    CloudSite,
    Consent,
    OAuthApp,
    RateHeaders,
)
from casb_sdk.cloud.server import new_loop, serve_until_cancelled
from casb_sdk.model import RoleMode
from casb_sdk.snapshot import SiteSnapshot

ENUMERATIONS = {"consent": Consent, "rate_headers": RateHeaders}
SETS = frozenset({"hidden_ids", "hidden_spaces"})

Values = TypeVar("Values", CloudOptions, OAuthApp, CloudSite)


def main() -> None:
    """Build the cloud the arguments describe and serve it until told to stop."""
    arguments = _arguments()
    config: dict[str, Any] = {}
    if arguments.config:
        config = json.loads(Path(arguments.config).read_text("utf-8"))
    cloud = _cloud(arguments, config)
    # A large site is millions of objects that never change: not worth collecting.
    gc.freeze()
    loop = new_loop()
    asyncio.set_event_loop(loop)
    task = loop.create_task(
        serve_until_cancelled(cloud, arguments.port, lambda at: _announce(cloud, at))
    )
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, task.cancel)
    loop.run_until_complete(task)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m casb_sdk.cloud", description="A simulated Atlassian cloud."
    )
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--demo", action="store_true", help="serve the demo site")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--items", type=int, default=1000)
    parser.add_argument("--spaces", type=int)
    parser.add_argument("--users", type=int)
    parser.add_argument("--groups", type=int)
    parser.add_argument("--role-mode", default=str(RoleMode.PRE_ROLES))
    parser.add_argument("--latency", type=float, default=0.0, help="in seconds")
    parser.add_argument("--jitter", type=float, default=0.0, help="share of latency")
    parser.add_argument("--auto-consent", action="store_true")
    parser.add_argument("--config", help="a JSON file with options")
    return parser.parse_args()


def _cloud(arguments: argparse.Namespace, config: dict[str, Any]) -> SimulatedCloud:
    app = _updated(OAuthApp(), config.pop("app", {}))
    site = _updated(CloudSite(_snapshot(arguments)), config.pop("site", {}))
    options = CloudOptions(latency=arguments.latency, jitter=arguments.jitter)
    if arguments.auto_consent:
        options = replace(options, consent=Consent.ACCEPT)
    return SimulatedCloud([site], [app], _updated(options, config))


def _snapshot(arguments: argparse.Namespace) -> SiteSnapshot:
    if arguments.demo:
        return demo_site()
    return generate_site(
        arguments.seed,
        arguments.items,
        arguments.spaces,
        arguments.users,
        arguments.groups,
        role_mode=arguments.role_mode,
    )


def _updated(values: Values, changes: Mapping[str, Any]) -> Values:
    """Return values with some fields taken from JSON."""
    typed = {name: _typed(name, value) for name, value in changes.items()}
    return replace(values, **typed)


def _typed(name: str, value: Any) -> Any:
    if name in ENUMERATIONS:
        return ENUMERATIONS[name](value)
    if isinstance(value, list):
        return frozenset(value) if name in SETS else tuple(value)
    return value


def _announce(cloud: SimulatedCloud, port: int) -> None:
    running = RunningCloud(cloud, port)
    line = {
        "auth_url": running.auth_url,
        "api_url": running.api_url,
        "admin_url": f"{running.api_url}/_cloud",
        "cloud_ids": list(cloud.sites),
        "client_id": running.app.client_id,
        "client_secret": running.app.client_secret,
    }
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
