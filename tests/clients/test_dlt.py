"""dlt pulls the export as `docs/how-to/pull-with-dlt.md` says."""

import itertools
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.clients.deployment import Deployment, Row
from tests.clients.environment import Environment, environment
from tests.clients.page import HowTo
from tests.clients.story import Story, event_ids, newest, pages, tell

pytestmark = [pytest.mark.clients, pytest.mark.timeout(900)]

HOW_TO = HowTo.read("pull-with-dlt")
SIGN_INS = (
    "Sign in with OAuth 2.0",
    "Sign in with an API key",
    "Sign in with an API key as bearer",
)
PAGINGS = (
    "Page by the next URL",
    "Page by the Link header",
    "Page by the cursor",
    "Let dlt find out how to page",
)
STANDING = "Findings as they stand"
EVENTS = "Every change as an OCSF event"
CHOICES = {
    f"{paging}; {sign_in}": (sign_in, paging, STANDING)
    for paging, sign_in in itertools.product(PAGINGS, SIGN_INS)
}
OCSF = "OCSF"
PIPELINE, LOOK = "casb_findings.py", "look.py"
LOADED = re.compile(r"^- findings: (\d+) row", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Pulled:
    """What a run asked for and loaded, and the whole table after it."""

    pages: int
    loaded: int
    table: list[Row]


@dataclass(frozen=True, slots=True)
class Consumer:
    """A folder with the pipeline of the page, and who may run it."""

    folder: Path
    dlt: Environment
    deployment: Deployment
    variables: dict[str, str]

    def pull(self) -> Pulled:
        """Run the pipeline once."""
        asked = self.deployment.gate.watch()
        said = self.dlt.run(self.folder, [PIPELINE], self.variables)
        loaded = LOADED.search(said)
        self.dlt.run(self.folder, [LOOK], self.variables)
        lines = (self.folder / "findings.ndjson").read_text("utf-8").splitlines()
        table = [json.loads(line) for line in lines]
        return Pulled(len(asked), int(loaded[1]) if loaded else 0, table)

    def is_killed_behind(self, pages: int) -> None:
        """Run the pipeline, and kill it while it waits for the page that follows."""
        command = ["python", PIPELINE]
        gate = self.deployment.gate
        self.dlt.kill_behind(gate, pages, self.folder, command, self.variables)


@pytest.fixture(scope="module")
def dlt() -> Iterator[Environment]:
    with environment("dlt", "dlt.sources.rest_api", "duckdb") as dlt:
        yield dlt


def consumer(
    folder: Path, dlt: Environment, deployment: Deployment, *blocks: str
) -> Consumer:
    folder.mkdir()
    pipeline = HOW_TO.file("The beginning", *blocks, "The end")
    (folder / PIPELINE).write_text(pipeline, "utf-8")
    (folder / LOOK).write_text(HOW_TO.block("Look at what came"), "utf-8")
    credentials = deployment.client(folder.name) | {"url": deployment.url}
    variables = {f"CASB_{name.upper()}": text for name, text in credentials.items()}
    own = {
        "HTTP_PROXY": deployment.gate.url,
        "DLT_DATA_DIR": str(folder / "dlt"),
        "RUNTIME__DLTHUB_TELEMETRY": "false",
    }
    return Consumer(folder, dlt, deployment, variables | own)


@pytest.fixture(scope="module")
def story(
    deployment: Deployment,
    dlt: Environment,
    tmp_path_factory: pytest.TempPathFactory,
) -> Story[Pulled]:
    """Every consumer pulls three times; things happen before the third."""
    folder = tmp_path_factory.mktemp("dlt")
    choices = CHOICES | {OCSF: (SIGN_INS[0], PAGINGS[0], EVENTS)}
    pulls = {
        name: consumer(folder / f"lake-{number}", dlt, deployment, *blocks).pull
        for number, (name, blocks) in enumerate(choices.items())
    }
    return tell(deployment, pulls)


def test_the_story_has_what_it_is_told_for(story: Story[Pulled]) -> None:
    types = {row["change_type"] for row in story.changes}

    assert len(newest(story.before)) < len(story.before)
    assert {"created", "updated", "resolved", "suppressed"} <= types
    assert pages(len(story.before)) > 3
    assert pages(len(story.changes)) > 1


@pytest.mark.parametrize("name", CHOICES)
def test_each_change_is_loaded_exactly_once(story: Story[Pulled], name: str) -> None:
    whole, nothing, changed = story.pulls[name]

    assert whole.loaded == len(story.before)
    assert whole.pages == pages(len(story.before))
    assert newest(whole.table) == newest(story.before)
    assert nothing == Pulled(1, 0, whole.table)
    assert changed.loaded == len(story.changes)
    assert changed.pages == pages(len(story.changes))
    assert newest(changed.table) == newest(story.after)
    assert len(changed.table) == len(newest(story.after))


def test_each_event_is_loaded_exactly_once(story: Story[Pulled]) -> None:
    whole, nothing, changed = story.pulls[OCSF]

    assert ocsf_ids(whole.table) == sorted(event_ids(story.before))
    assert whole.pages == pages(len(story.before))
    assert nothing == Pulled(1, 0, whole.table)
    assert ocsf_ids(changed.table) == sorted(event_ids(story.after))
    assert changed.pages == pages(len(story.changes))


def test_a_killed_first_load_loses_and_doubles_nothing(
    deployment: Deployment, dlt: Environment, tmp_path: Path
) -> None:
    killed = consumer(
        tmp_path / "killed-at-first",
        *(dlt, deployment),
        *(SIGN_INS[0], PAGINGS[0], EVENTS),
    )
    feed = deployment.feed()

    killed.is_killed_behind(2)
    pulled = killed.pull()

    assert ocsf_ids(pulled.table) == sorted(event_ids(feed))
    assert pulled.pages == pages(len(feed))


def test_a_load_of_changes_that_is_killed_loses_and_doubles_nothing(
    deployment: Deployment, dlt: Environment, tmp_path: Path
) -> None:
    killed = consumer(
        tmp_path / "killed-later",
        *(dlt, deployment),
        *(SIGN_INS[1], PAGINGS[2], STANDING),
    )
    before = killed.pull()
    deployment.suppress(10)
    feed = deployment.feed()

    killed.is_killed_behind(1)
    pulled = killed.pull()

    changes = len(feed) - before.loaded
    assert pages(changes) > 1
    assert pulled.loaded == changes
    assert newest(pulled.table) == newest(feed)
    assert len(pulled.table) == len(newest(feed))


def ocsf_ids(table: list[Row]) -> list[str]:
    return sorted(row["metadata"]["uid"] for row in table)
