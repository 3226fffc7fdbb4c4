"""`casb worker` as the process it really is."""

import itertools
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

from casb_sdk import SiteSnapshot
from casb_sdk.cloud import (
    CloudOptions,
    CloudSite,
    Consent,
    RunningCloud,
    SimulatedCloud,
)
from connector.bootstrap.application import open_application
from connector.settings import load_settings
from tests.e2e.operator import Operator, accept
from tests.fakes.commands import Command, Order, Start, forked, running_command

PATIENCE = 60.0
numbers = itertools.count(1)


@contextmanager
def slow_cloud(site: SiteSnapshot) -> Iterator[RunningCloud]:
    """Serve a site so slowly that a scan can be met in the middle."""
    options = CloudOptions(consent=Consent.ACCEPT, latency=0.05)
    with SimulatedCloud([CloudSite(site)], options=options).running() as cloud:
        yield cloud


def connected(operator: Operator, cloud: RunningCloud) -> Operator:
    """Connect an operator's site, and count the cloud's calls from then on."""
    operator.connected_to(cloud)
    if "DATABASE_URL" not in operator.settings:
        operator.migrated()
    for arguments in (["migrate"], ["install"]):
        ended = operator.casb(*arguments, browse=accept)
        assert ended.code == 0, ended.err
    cloud.ledger.reset()
    return operator


@contextmanager
def worker(
    operator: Operator, *arguments: str, start: Start = forked
) -> Iterator[Command]:
    """Run `casb worker` as a process of its own; it does not survive the block."""
    folder, number = operator.folder, next(numbers)
    order = Order(
        ("worker", *arguments),
        folder,
        {"PATH": os.defpath, **operator.environment},
        folder / f"worker-{number}.out",
        folder / f"worker-{number}.err",
    )
    with running_command(order, start) as command:
        yield command


def owner_of_the_work(operator: Operator) -> str:
    """Return the number of the process that owns the work."""
    environment = operator.environment
    environment["CASB_DATABASE_URL"] = f"sqlite:///{operator.folder / 'casb.db'}"
    settings = load_settings(environment, operator.folder)
    with (
        open_application(settings) as application,
        application.begin(write=False) as stores,
    ):
        owners = [run.owner for run in stores.jobs.all() if run.name == "work"]
    return owners[0].split(":")[1] if owners and owners[0] else ""


def wait_until_it_owns_the_work(operator: Operator, command: Command) -> None:
    until = time.monotonic() + PATIENCE
    while owner_of_the_work(operator) != str(command.pid):
        assert command.poll() is None, command.err
        assert time.monotonic() < until
        time.sleep(0.1)
